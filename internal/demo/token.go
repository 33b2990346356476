package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nova-social/nova-streams/internal/identity"
)

// tokenKey makes the demo's key for tokens, if it has none yet, and returns where it and the public one are.
func tokenKey(dir string) (private, public string, err error) {
	private = filepath.Join(dir, "token.key")
	public = private + ".pub"
	if _, err = os.Stat(public); err == nil {
		return private, public, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("looking for the demo's key: %w", err)
	}
	key, err := identity.GenerateKey("EdDSA")
	if err != nil {
		return "", "", err
	}
	return private, public, identity.WriteKey(key, private, public)
}
