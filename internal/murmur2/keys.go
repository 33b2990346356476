package murmur2

// Keys returns a key for each of n > 0 partitions, in their order: the first of name(0), name(1), … that lies there. The
// names must not end before each has one.
func Keys(n int32, name func(i int) string) []string {
	keys, left := make([]string, n), n
	for i := 0; left > 0; i++ {
		key := name(i)
		if p := Partition([]byte(key), n); keys[p] == "" {
			keys[p] = key
			left--
		}
	}
	return keys
}
