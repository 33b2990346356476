package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"github.com/nova-social/nova-streams/internal/jobs"
)

// EnvPrefix begins the name of every environment variable that sets something here.
const EnvPrefix = "NOVA_"

// libraryVariable belongs to the embedded ClickHouse, a process of its own that has no settings but this one.
const libraryVariable = "NOVA_CHDB_LIB"

// Sources are the places a configuration is read from, besides the defaults.
type Sources struct {
	File    string   // YAML file; "" for none
	Environ []string // as os.Environ gives it; only names with EnvPrefix are looked at
	Flags   []Flag   // in order; a later one wins
}

// Flag is one setting from the command line.
type Flag struct {
	Name  string // the flag as typed, for messages
	Key   string // setting it stands for
	Value string
}

// Effective is a configuration and where each of its values came from.
type Effective struct {
	Config
	origin map[string]string // by key; a key that is missing has its default
}

// layer is one source: raw values and, for messages, where each was written.
type layer struct {
	values *koanf.Koanf
	origin map[string]string // by key
}

// Load reads defaults, then the file, then the environment, then the flags; the later source wins, value by value.
// A name that is no setting, a value that does not fit and a setting that breaks its rule are errors of one line that
// say where it was written.
func Load(src Sources) (*Effective, error) {
	e := &Effective{Config: Default(), origin: map[string]string{}}
	known := Settings(&e.Config)

	fromFile, named, err := fileLayer(src.File, known)
	if err != nil {
		return nil, err
	}
	fromEnv, err := envLayer(src.Environ, known)
	if err != nil {
		return nil, err
	}
	fromFlags, err := flagLayer(src.Flags, known)
	if err != nil {
		return nil, err
	}

	merged := koanf.New(".")
	for _, l := range []layer{fromFile, fromEnv, fromFlags} {
		if err := merged.Merge(l.values); err != nil {
			return nil, fmt.Errorf("merging settings: %w", err)
		}
		maps.Copy(e.origin, l.origin)
	}
	for _, s := range known {
		if !merged.Exists(s.Key) {
			continue
		}
		if err := set(s.value, merged.Get(s.Key)); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", e.origin[s.Key], s.Key, err)
		}
	}
	e.Jobs = named
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if err := e.checkSessions(); err != nil {
		return nil, err
	}
	return e, nil
}

// Origin says where the value of key came from.
func (e *Effective) Origin(key string) string {
	if where, ok := e.origin[key]; ok {
		return where
	}
	return "default"
}

func fileLayer(path string, known []Setting) (layer, jobs.Specs, error) {
	l := layer{koanf.New("."), map[string]string{}}
	if path == "" {
		return l, nil, nil
	}
	if err := l.values.Load(file.Provider(path), yaml.Parser()); err != nil {
		return l, nil, fmt.Errorf("reading the configuration: %s: %w", path, err)
	}
	named, err := takeJobs(l.values, path)
	if err != nil {
		return l, nil, err
	}
	keys := keysOf(known)
	for _, key := range l.values.Keys() {
		switch {
		case slices.Contains(keys, key):
			l.origin[key] = "file " + path
		case l.values.Get(key) == nil && isSection(key, keys): // a section whose settings are all commented out
			l.values.Delete(key)
		default:
			return l, nil, unknown("file "+path, key, keys)
		}
	}
	return l, named, nil
}

func envLayer(environ []string, known []Setting) (layer, error) {
	l := layer{koanf.New("."), map[string]string{}}
	byName := make(map[string]string, len(known))
	for _, s := range known {
		byName[s.Env()] = s.Key
	}
	values := map[string]any{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || name == libraryVariable {
			continue
		}
		key, ok := byName[name]
		if !ok {
			names := make([]string, len(known))
			for i, s := range known {
				names[i] = s.Env()
			}
			return l, unknown("environment", name, names)
		}
		values[key], l.origin[key] = value, "env "+name
	}
	return l, l.values.Load(confmap.Provider(values, "."), nil)
}

func flagLayer(flags []Flag, known []Setting) (layer, error) {
	l := layer{koanf.New("."), map[string]string{}}
	keys, values := keysOf(known), map[string]any{}
	for _, f := range flags {
		if !slices.Contains(keys, f.Key) {
			return l, unknown("flag "+f.Name, f.Key, keys)
		}
		values[f.Key], l.origin[f.Key] = f.Value, "flag "+f.Name
	}
	return l, l.values.Load(confmap.Provider(values, "."), nil)
}

func keysOf(known []Setting) []string {
	keys := make([]string, len(known))
	for i, s := range known {
		keys[i] = s.Key
	}
	return keys
}

func isSection(name string, keys []string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return strings.HasPrefix(k, name+".") })
}

func unknown(where, name string, names []string) error {
	if near, ok := nearest(name, names); ok {
		return fmt.Errorf("%s: %s is no setting; did you mean %s?", where, name, near)
	}
	return fmt.Errorf("%s: %s is no setting; nova config lists them", where, name)
}
