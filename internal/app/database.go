package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/nova-social/nova-streams/api"
)

// tableChanges returns what the metrics of the groups between Debezium and the tables say, by table.
func tableChanges(metrics prometheus.Gatherer) ([]api.TableChanges, error) {
	families, err := metrics.Gather()
	if err != nil {
		return nil, fmt.Errorf("gathering the metrics of the database's tables: %w", err)
	}
	var tables []api.TableChanges
	of := func(m *dto.Metric) *api.TableChanges {
		name := label(m, "table")
		for i := range tables {
			if tables[i].Table == name {
				return &tables[i]
			}
		}
		tables = append(tables, api.TableChanges{Table: name, Events: map[string]int64{}, Changes: map[string]int64{}})
		return &tables[len(tables)-1]
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			count := int64(m.GetCounter().GetValue())
			switch f.GetName() {
			case "cdc_events_total":
				if count > 0 { // some are there before there is anything to count
					of(m).Events[label(m, "op")] += count
				}
			case "cdc_changes_total":
				if count > 0 {
					of(m).Changes[label(m, "result")] += count
				}
			case "cdc_last_lag_seconds":
				of(m).LagSeconds = m.GetGauge().GetValue()
			}
		}
	}
	slices.SortFunc(tables, func(a, b api.TableChanges) int { return strings.Compare(a.Table, b.Table) })
	return tables, nil
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}
