package schemas

import "github.com/twmb/avro"

// The row codecs. A changed row schema becomes the next version here, and the file it replaces is kept under
// avro/<row>.v<version>.avsc for as long as rows written with it may exist. Where only fields came or went, Avro's
// resolution reads the old rows: the kept file goes into the map of versions. Where the numbers mean something else now,
// the old version is read with a struct and a conversion of its own: see withEarlier.
var (
	dedupRows = newRowCodec("dedup row", map[byte]*avro.Schema{1: dedupRowSchema}, dedupByHand,
		func() *DedupRow { return &DedupRow{rowHead: rowHead{NoPosition}} }, dedupToWire, dedupFromWire)
	reactionRows = newRowCodec("reaction row", map[byte]*avro.Schema{1: reactionRowV1Schema, 2: reactionRowSchema}, reactionByHand,
		func() *ReactionRow { return &ReactionRow{rowHead: rowHead{NoPosition}} }, reactionToWire, reactionFromWire)
	scoreRows = newRowCodec("score row", map[byte]*avro.Schema{2: scoreRowSchema}, scoreByHand,
		func() *ScoreRow { return &ScoreRow{rowHead: rowHead{NoPosition}} }, scoreToWire, scoreFromWire).
		withEarlier(1, bySchema(scoreRowV1Schema, scoreFromWireV1))
	sessionRows = newRowCodec("session row", map[byte]*avro.Schema{1: sessionRowSchema}, sessionByHand,
		func() *SessionRow { return &SessionRow{rowHead: rowHead{NoPosition}} }, sessionToWire, sessionFromWire)
	entityRows = newRowCodec("entity row", map[byte]*avro.Schema{1: entityRowSchema}, entityByHand,
		func() *EntityRow { return &EntityRow{rowHead: rowHead{NoPosition}} }, entityToWire, entityFromWire)
	transactionRows = newRowCodec("transaction row", map[byte]*avro.Schema{1: transactionRowSchema}, nil,
		func() *TransactionRow { return &TransactionRow{rowHead: rowHead{NoPosition}} }, transactionToWire, transactionFromWire)
)

// dedupWire is the struct of dedup rows; those of the others are in <row>_wire.go. They differ from the rows because a row's
// position is not for others to set at will, and because the domain's types do not know Avro.
type dedupWire struct {
	Epoch  int32       `avro:"last_epoch"`
	Offset int64       `avro:"last_offset"`
	Seen   []SeenEvent `avro:"seen"`
}

func dedupToWire(r *DedupRow) *dedupWire {
	return &dedupWire{Epoch: r.last.Epoch, Offset: r.last.Offset, Seen: r.Seen}
}

func dedupFromWire(w *dedupWire) (*DedupRow, error) {
	r := &DedupRow{rowHead: head(w.Epoch, w.Offset)}
	if len(w.Seen) > 0 { // none is nil, as in a new row
		r.Seen = w.Seen
	}
	return r, nil
}

func head(epoch int32, offset int64) rowHead { return rowHead{Position{Epoch: epoch, Offset: offset}} }
