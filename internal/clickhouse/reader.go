package clickhouse

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

//go:embed sql/reader.sql
var readerSQL string

// ErrNoUserManagement says that the server does not let the writing user create others.
var ErrNoUserManagement = errors.New("clickhouse: the server does not let us manage users")

// accessDenied is the server's number for what a user has no right to do.
const accessDenied = 497

// CreateReader creates the user for reading if it is not there, and gives it its password and the right to read the
// database. It fails with ErrNoUserManagement, having changed nothing, if the writing user may not do that.
func CreateReader(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	db := ch.OpenDB(cfg.options(""))
	defer func() { _ = db.Close() }()
	for _, statement := range readerStatements(cfg) {
		_, err := db.ExecContext(ctx, statement)
		if e := (*ch.Exception)(nil); errors.As(err, &e) && e.Code == accessDenied {
			return fmt.Errorf("creating user %s: %w: %w", cfg.Read.User, ErrNoUserManagement, err)
		}
		if err != nil {
			return fmt.Errorf("creating user %s: %w", cfg.Read.User, addressOnly(err))
		}
	}
	return nil
}

// readerStatements are the statements of reader.sql. The password is not in them, only its hash.
func readerStatements(cfg Config) []string {
	hash := sha256.Sum256([]byte(cfg.Read.Password.Reveal()))
	text := strings.NewReplacer("{user}", cfg.Read.User, "{database}", cfg.Database, "{hash}", hex.EncodeToString(hash[:])).Replace(readerSQL)
	var statements []string
	for _, s := range strings.SplitAfter(text, ";\n") {
		if s = strings.TrimSuffix(strings.TrimSpace(s), ";"); s != "" {
			statements = append(statements, s)
		}
	}
	return statements
}
