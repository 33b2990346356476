package schemas

import "fmt"

// Raw is a value as it was read, nil for a null one. It is the input itself, not a copy: nobody may write to it.
type Raw []byte

// rawCodec leaves values as they are: what they say depends on key and headers, too, which a codec does not see.
type rawCodec struct{}

// Encode returns the bytes of a Raw.
func (rawCodec) Encode(value any) ([]byte, error) {
	raw, ok := value.(Raw)
	if !ok {
		return nil, fmt.Errorf("encoding a value as it is: %T is not %T", value, raw)
	}
	return raw, nil
}

// Decode returns a Raw and no error.
func (rawCodec) Decode(data []byte) (any, error) { return Raw(data), nil }
