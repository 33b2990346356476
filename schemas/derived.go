package schemas

var (
	_ Derived = (*Activity)(nil)
	_ Derived = (*EnrichedEvent)(nil)
	_ Derived = (*ReactionInput)(nil)
	_ Derived = (*Engagement)(nil)
	_ Derived = (*DeadLetter)(nil)
)

// GetOrigin returns the origin of the record.
func (a *Activity) GetOrigin() Origin { return a.Origin }

// SetOrigin sets the origin of the record.
func (a *Activity) SetOrigin(o Origin) { a.Origin = o }

// GetOrigin returns the origin of the record.
func (e *EnrichedEvent) GetOrigin() Origin { return e.Origin }

// SetOrigin sets the origin of the record.
func (e *EnrichedEvent) SetOrigin(o Origin) { e.Origin = o }

// GetOrigin returns the origin of the record.
func (r *ReactionInput) GetOrigin() Origin { return r.Origin }

// SetOrigin sets the origin of the record.
func (r *ReactionInput) SetOrigin(o Origin) { r.Origin = o }

// GetOrigin returns the origin of the record.
func (e *Engagement) GetOrigin() Origin { return e.Origin }

// SetOrigin sets the origin of the record.
func (e *Engagement) SetOrigin(o Origin) { e.Origin = o }

// GetOrigin returns the origin of the record.
func (d *DeadLetter) GetOrigin() Origin { return d.Origin }

// SetOrigin sets the origin of the record.
func (d *DeadLetter) SetOrigin(o Origin) { d.Origin = o }
