package tablestore

import (
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard is a file system that asks before it changes anything. What it does not ask for, it passes on.
type guard struct {
	vfs.FS
	// allow returns how many of so many bytes may be written to a file, and an error if that is not all of them. It is
	// asked with 0 bytes for what changes files otherwise.
	allow func(name string, bytes int) (int, error)
}

func (g *guard) Unwrap() vfs.FS { return g.FS }

// Lock locks nothing: the owner of the store holds the directory, and lets go of it also when Pebble does not.
func (g *guard) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// file guards an open file.
func (g *guard) file(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &guardedFile{File: f, name: name, allow: g.allow}, nil
}

func (g *guard) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if _, err := g.allow(name, 0); err != nil {
		return nil, err
	}
	f, err := g.FS.Create(name, category)
	return g.file(name, f, err)
}

func (g *guard) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	if _, err := g.allow(name, 0); err != nil {
		return nil, err
	}
	f, err := g.FS.OpenReadWrite(name, category, opts...)
	return g.file(name, f, err)
}

func (g *guard) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := g.Remove(oldname); err != nil {
		return nil, err
	}
	return g.Create(newname, category)
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	return g.file(name, f, err)
}

func (g *guard) Link(oldname, newname string) error {
	if _, err := g.allow(newname, 0); err != nil {
		return err
	}
	return g.FS.Link(oldname, newname)
}

func (g *guard) Rename(oldname, newname string) error {
	if _, err := g.allow(newname, 0); err != nil {
		return err
	}
	return g.FS.Rename(oldname, newname)
}

func (g *guard) Remove(name string) error {
	if _, err := g.allow(name, 0); err != nil {
		return err
	}
	return g.FS.Remove(name)
}

func (g *guard) RemoveAll(name string) error {
	if _, err := g.allow(name, 0); err != nil {
		return err
	}
	return g.FS.RemoveAll(name)
}

func (g *guard) MkdirAll(dir string, perm os.FileMode) error {
	if _, err := g.allow(dir, 0); err != nil {
		return err
	}
	return g.FS.MkdirAll(dir, perm)
}

type guardedFile struct {
	vfs.File
	name  string
	allow func(name string, bytes int) (int, error)
}

func (f *guardedFile) Write(p []byte) (int, error) {
	n, refused := f.allow(f.name, len(p))
	if refused != nil && n == 0 {
		return 0, refused
	}
	n, err := f.File.Write(p[:n])
	if err != nil {
		return n, err
	}
	return n, refused
}

func (f *guardedFile) WriteAt(p []byte, offset int64) (int, error) {
	n, refused := f.allow(f.name, len(p))
	if refused != nil && n == 0 {
		return 0, refused
	}
	n, err := f.File.WriteAt(p[:n], offset)
	if err != nil {
		return n, err
	}
	return n, refused
}

func (f *guardedFile) Sync() error {
	if _, err := f.allow(f.name, 0); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *guardedFile) SyncData() error {
	if _, err := f.allow(f.name, 0); err != nil {
		return err
	}
	return f.File.SyncData()
}

func (f *guardedFile) SyncTo(length int64) (bool, error) {
	if _, err := f.allow(f.name, 0); err != nil {
		return false, err
	}
	return f.File.SyncTo(length)
}
