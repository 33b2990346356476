package main

import (
	"bufio"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

// stats sums the view at the clock.
func (p *peer) stats(w http.ResponseWriter, _ *http.Request) {
	rows, total, now := 0, int64(0), p.now().UnixMilli()
	var in struct{ views, likes, comments, shares int64 }
	p.each(func(_ string, r *schemas.ScoreRow) {
		rows++
		total += sum(r)
		c, _ := p.cfg.Window.Sum(r.Buckets, now)
		in.views += c.Views + c.Impressions
		in.likes += c.Likes
		in.comments += c.Comments
		in.shares += c.Shares
	})
	answer(w, map[string]int64{"rows": int64(rows), "total": total, "views": in.views, "likes": in.likes, "comments": in.comments, "shares": in.shares})
}

// dump lists the total of every post.
func (p *peer) dump(w http.ResponseWriter, _ *http.Request) {
	out := bufio.NewWriter(w)
	p.each(func(post string, r *schemas.ScoreRow) {
		_, _ = out.WriteString(post + " " + strconv.FormatInt(sum(r), 10) + "\n")
	})
	_ = out.Flush()
}

// posts returns the totals of the posts asked for, from the view.
func (p *peer) posts(w http.ResponseWriter, r *http.Request) {
	ids := strings.Split(r.URL.Query().Get("ids"), ",")
	totals := make([]int64, len(ids))
	for i, id := range ids {
		if row, ok := p.view.Get(id); ok {
			if s, ok := row.(*schemas.ScoreRow); ok {
				totals[i] = sum(s)
			}
		}
	}
	answer(w, totals)
}

// top returns the head of the trending list.
func (p *peer) top(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("n"))
	if err != nil || n < 1 {
		http.Error(w, "n must be a positive number", http.StatusBadRequest)
		return
	}
	page, err := p.board.Page("", n)
	if errors.Is(err, trending.ErrNotReady) {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	type scored struct {
		Post  string `json:"post_id"`
		Score int64  `json:"score"`
	}
	list := make([]scored, len(page.Items))
	for i, item := range page.Items {
		list[i] = scored{item.PostID, int64(item.Score)}
	}
	answer(w, list)
}

func (p *peer) each(visit func(post string, r *schemas.ScoreRow)) {
	p.view.Each(func(post string, row schemas.Row) bool {
		if r, ok := row.(*schemas.ScoreRow); ok {
			visit(post, r)
		}
		return true
	})
}

// sum is the number of engagements of a post in its lifetime.
func sum(r *schemas.ScoreRow) int64 {
	c := r.Lifetime
	return c.Views + c.Impressions + c.Likes + c.Comments + c.Shares
}
