package cdc

import (
	"fmt"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
)

// naturalID returns the values of the columns that name a row, each from the first of the sources that has it.
func naturalID(names []string, sources ...debezium.Columns) ([]string, error) {
	id := make([]string, len(names))
	for i, name := range names {
		found := false
		for _, columns := range sources {
			if id[i], found = schemas.ColumnText(columns[name]); found {
				break
			}
		}
		if !found || id[i] == "" {
			return nil, fmt.Errorf("column %s, which names a row, has no value", name)
		}
	}
	return id, nil
}

// join returns the natural id of a row by its key alone.
func join(names []string, key debezium.Columns) (string, error) {
	id, err := naturalID(names, key)
	if err != nil {
		return "", err
	}
	return schemas.NaturalID(id...), nil
}
