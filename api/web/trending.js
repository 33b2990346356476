// Trending: takes each new list from /v1/trending/stream, and moves the posts to their places.

const list = document.getElementById('trending')
const items = new Map() // post id -> its element
const ranks = new Map() // post id -> rank in the list before
const names = new Map() // post id -> title, or null if it has none
const shown = 10_000 // ms for which a move stays visible
const still = matchMedia('(prefers-reduced-motion: reduce)')

function create(id) {
  const li = document.createElement('li')
  li.className = 'post'
  li.innerHTML = `
    <span class="bar"></span><span class="rank"></span><span class="move" role="img"></span>
    <a class="name id"></a><span class="score"><span></span><small>points</small></span><p class="counts"></p>`
  const link = li.querySelector('.name')
  link.href = `/v1/posts/${encodeURIComponent(id)}/stats`
  link.textContent = id
  return li
}

// move says how a post moved, for as long as somebody may be looking.
function move(element, before, rank) {
  if (before === rank) {
    if (Date.now() > Number(element.dataset.until ?? 0)) element.textContent = ''
    return
  }
  const by = before - rank
  const [text, kind, spoken] = before === undefined ? ['new', 'up', 'new']
    : by > 0 ? [`▲ ${by}`, 'up', `up ${by}`] : [`▼ ${-by}`, 'down', `down ${-by}`]
  element.textContent = text
  element.className = 'move ' + kind
  element.setAttribute('aria-label', spoken)
  element.dataset.until = Date.now() + shown
}

const counted = { views: 'view', impressions: 'impression', likes: 'like', comments: 'comment', shares: 'share' }

function counts(item) {
  return Object.entries(counted).filter(([key]) => item[key]).map(([key, one]) => {
    const span = document.createElement('span')
    span.textContent = `${item[key].toLocaleString('en')} ${item[key] === 1 ? one : key}`
    return span
  })
}

function show(page) {
  const places = new Map([...items].map(([id, li]) => [id, li.getBoundingClientRect().top]))
  const first = ranks.size === 0
  const best = Math.max(...page.items.map(i => i.score), 0.1)
  const listed = page.items.map(item => {
    const li = items.get(item.post_id) ?? create(item.post_id)
    items.set(item.post_id, li)
    li.querySelector('.rank').textContent = item.rank
    li.querySelector('.score span').textContent = item.score.toFixed(1)
    li.querySelector('.bar').style.width = `${100 * item.score / best}%`
    li.querySelector('.counts').replaceChildren(...counts(item))
    if (!first) move(li.querySelector('.move'), ranks.get(item.post_id), item.rank)
    return li
  })
  list.replaceChildren(...listed)
  ranks.clear()
  for (const item of page.items) ranks.set(item.post_id, item.rank)
  for (const id of [...items.keys()]) if (!ranks.has(id)) items.delete(id)
  slide(places)
  document.getElementById('trending-empty').hidden = listed.length > 0
  document.getElementById('window').textContent = page.window === '1h' ? 'hour' : page.window
  const asOf = document.getElementById('as-of')
  asOf.dateTime = page.as_of
  asOf.textContent = new Date(page.as_of).toLocaleTimeString()
  title(page.items.map(i => i.post_id))
}

// slide lets posts travel from their old places to the new ones.
function slide(places) {
  if (still.matches) return
  for (const [id, li] of items) {
    const by = (places.get(id) ?? NaN) - li.getBoundingClientRect().top
    if (by) li.animate([{ transform: `translateY(${by}px)` }, { transform: 'none' }], { duration: 450, easing: 'ease-out' })
    else if (Number.isNaN(by)) li.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 450 })
  }
}

// title puts names in place of ids where the server knows any.
async function title(ids) {
  const unknown = ids.filter(id => !names.has(id))
  for (const id of unknown) names.set(id, null)
  if (unknown.length) {
    try {
      const answer = await fetch('/v1/posts?' + new URLSearchParams({ ids: unknown.filter(id => !id.includes(',')).slice(0, 100) }))
      for (const post of (await answer.json()).items) names.set(post.post_id, post.caption)
      setTimeout(() => unknown.forEach(id => names.get(id) || names.delete(id)), 10_000) // it may be said later
    } catch {
      for (const id of unknown) names.delete(id) // ask again with the next list
    }
  }
  for (const id of ids) {
    const link = items.get(id)?.querySelector('.name')
    if (!link || !names.get(id)) continue
    link.textContent = names.get(id)
    link.classList.remove('id')
  }
}

new EventSource('/v1/trending/stream').addEventListener('trending', event => show(JSON.parse(event.data)))
