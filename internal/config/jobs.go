package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/knadh/koanf/v2"

	"github.com/nova-social/nova-streams/internal/jobs"
)

// jobsSection holds the named jobs. Only a file can have it.
const jobsSection = "jobs"

// takeJobs takes the named jobs out of what a file says.
func takeJobs(values *koanf.Koanf, path string) (jobs.Specs, error) {
	if !values.Exists(jobsSection) {
		return nil, nil //nolint:nilnil // no jobs
	}
	raw := values.Get(jobsSection)
	values.Delete(jobsSection)
	if raw == nil { // all commented out
		return nil, nil //nolint:nilnil // no jobs
	}
	named, ok := raw.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("file %s: %s must be jobs by name, is a %T", path, jobsSection, raw)
	}
	if len(named) == 0 {
		return nil, nil //nolint:nilnil // no jobs
	}
	specs := jobs.Specs{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		key := jobsSection + "." + name
		given, ok := named[name].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("file %s: %s must be settings of a job, is a %T", path, key, named[name])
		}
		spec, err := readJob(given)
		if err != nil {
			return nil, fmt.Errorf("file %s: %s.%w", path, key, err)
		}
		if spec.SQLFile != "" && !filepath.IsAbs(spec.SQLFile) {
			spec.SQLFile = filepath.Join(filepath.Dir(path), spec.SQLFile)
		}
		specs[name] = spec
	}
	return specs, nil
}

// readJob begins its errors with the name of the setting.
func readJob(given map[string]any) (jobs.Spec, error) {
	kind, _ := given["kind"].(string)
	takes := jobs.Settings(kind)
	if takes == nil {
		return jobs.Spec{Kind: kind}, nil // Validate says which there are
	}
	spec := jobs.NewSpec(kind)
	all := jobSettings(&spec)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(takes, name) {
			if near, ok := nearest(name, takes); ok {
				return spec, fmt.Errorf("%s is no setting of %s; did you mean %s?", name, kind, near)
			}
			return spec, fmt.Errorf("%s is no setting of %s, which takes %v", name, kind, takes)
		}
		at := slices.IndexFunc(all, func(s Setting) bool { return s.Key == name })
		if err := set(all[at].value, given[name]); err != nil {
			return spec, fmt.Errorf("%s: %w", name, err)
		}
	}
	return spec.Complete(), nil
}

// jobSettings lists the settings of a job. They refer to it.
func jobSettings(spec *jobs.Spec) []Setting {
	return settings("", reflect.ValueOf(spec).Elem(), nil)
}
