package realstack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/test/process"
)

const (
	postgresVersion = "15"
	postgresUser    = "postgres" // of the machine: the server does not run as root

	databaseName     = "nova"
	databaseOwner    = "nova"
	databasePassword = "nova"

	// quickly has the server end without tidying its files, but with its shared memory, which SIGKILL would leave.
	quickly = syscall.SIGQUIT
)

// debianPrograms is where Debian puts the server's programs, off the PATH.
const debianPrograms = "/usr/lib/postgresql/" + postgresVersion + "/bin"

// findPostgres returns the directory of the server's programs: the given one, or where the PATH has them.
func findPostgres(ctx context.Context, dir string) (string, error) {
	const missing = "PostgreSQL " + postgresVersion + " is needed (package postgresql-" + postgresVersion + "); `make test-real` installs it where there is apt-get"
	initdb := filepath.Join(dir, "initdb")
	if _, err := os.Stat(initdb); err != nil {
		if initdb, err = exec.LookPath("initdb"); err != nil {
			return "", errors.New(missing + "; there is none")
		}
	}
	said, err := exec.CommandContext(ctx, initdb, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w", initdb, err)
	}
	if version := strings.TrimSpace(string(said)); !strings.Contains(version, " "+postgresVersion+".") {
		return "", fmt.Errorf("%s; %s says %q", missing, initdb, version)
	}
	return filepath.Dir(initdb), nil
}

// newDatabase makes an empty server in dir.
func (p programs) newDatabase(ctx context.Context, dir string, port int) (*process.Process, error) {
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("making the database: %w", err)
	}
	as, err := unprivileged(dir, data)
	if err != nil {
		return nil, fmt.Errorf("making the database: %w", err)
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(databasePassword), 0o644); err != nil {
		return nil, fmt.Errorf("making the database: %w", err)
	}
	initdb := exec.CommandContext(ctx, filepath.Join(p.postgres, "initdb"), "-D", data, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
		"-U", databaseOwner, "-A", "scram-sha-256", "--pwfile="+password)
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as}
	if said, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making the database: %w: %s", err, said)
	}
	return &process.Process{
		Name: "PostgreSQL", Log: filepath.Join(dir, "postgres.log"),
		New: func(ctx context.Context) *exec.Cmd {
			command := exec.CommandContext(ctx, filepath.Join(p.postgres, "postgres"), "-D", data, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "wal_level=logical", "-c", "fsync=off",
				"-c", "shared_buffers=32MB", "-c", "logging_collector=off")
			command.Dir, command.SysProcAttr = dir, &syscall.SysProcAttr{Credential: as, Pdeathsig: quickly}
			return command
		},
		Ready: func(ctx context.Context, _ []byte) bool {
			return inDatabase(ctx, databaseURL(port, "postgres"), "SELECT 1") == nil
		},
		Grace: quickly,
	}, nil
}

// unprivileged gives directories to the user that the server runs under; nil if that is the user who runs the test.
func unprivileged(dirs ...string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // no other user is a valid answer
	}
	u, err := user.Lookup(postgresUser)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		err = errors.Join(err, os.Chown(dir, int(uid), int(gid)))
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// createTables does what the container does with its init.sql.
func createTables(ctx context.Context, port int) error {
	tables, err := docker.Files.ReadFile("postgres/init.sql")
	if err != nil {
		return fmt.Errorf("looking for the tables: %w", err)
	}
	if err := inDatabase(ctx, databaseURL(port, "postgres"), "CREATE DATABASE "+databaseName); err != nil {
		return err
	}
	return inDatabase(ctx, databaseURL(port, databaseName), string(tables))
}

// inDatabase runs statements in a database.
func inDatabase(ctx context.Context, url, statements string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("reaching the database: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		return fmt.Errorf("asking the database: %w", err)
	}
	return nil
}

func databaseURL(port int, database string) string {
	return "postgres://" + databaseOwner + ":" + databasePassword + "@" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/" + database
}
