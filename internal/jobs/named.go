package jobs

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Apply makes the named jobs those of specs, which must be valid: it adds those that are new, ends those that are gone or
// disabled, also their runs under way, and begins those anew that have changed. The others keep their rhythm. If this process
// cannot do one of them, it changes nothing and says what it lacks.
func (s *Scheduler) Apply(specs Specs) error {
	if err := s.can(specs); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.specs)) {
		if spec, stays := specs[name]; !stays || !reflect.DeepEqual(spec, s.specs[name]) {
			if s.jobs[name] != nil {
				s.deps.Log.Info("a job ends", "job", name)
			}
			s.remove(name)
			delete(s.specs, name)
		}
	}
	if s.specs == nil {
		s.specs = Specs{}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		if _, known := s.specs[name]; known {
			continue
		}
		s.specs[name] = specs[name]
		errs = append(errs, s.begin(name, specs[name]))
	}
	return errors.Join(errs...)
}

// can says what this process lacks for the first of the jobs that it cannot do.
func (s *Scheduler) can(specs Specs) error {
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		spec := specs[name]
		if lacks := s.deps.Work[spec.Kind].Lacks; spec.Enabled && lacks != "" {
			return fmt.Errorf("jobs.%s: %s needs %s", name, spec.Kind, lacks)
		}
	}
	return nil
}

func (s *Scheduler) begin(name string, spec Spec) error {
	if !spec.Enabled {
		return nil
	}
	s.deps.Log.Info("a job begins", "job", name, "kind", spec.Kind, "interval", spec.Interval)
	work := s.deps.Work[spec.Kind]
	return s.add(Job{
		Name: name, Kind: spec.Kind, Version: spec.version(), Every: spec.Interval, Timeout: spec.Timeout, Retries: spec.Retries,
		Everywhere: work.Everywhere, Run: work.Make(spec),
	})
}
