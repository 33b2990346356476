package schemas

import "errors"

// ErrHalt is wrapped in what a verb fails with where reading its input again cannot help, but somebody has to look: the
// stage stays stopped until it is started anew.
var ErrHalt = errors.New("schemas: it cannot go on by itself")
