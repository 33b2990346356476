// The flow: asks /v1/status every second, shows how fast and how far behind each stage is and what holds it up, and
// hands the answer on to groups.js.

const stages = [
  { group: 'dedup', count: 'end', name: 'Events', what: 'what producers sent' },
  { group: 'dedup', name: 'Dedup', what: 'lets each event through once' },
  { group: 'reactions', name: 'Reactions', what: 'likes and comments of dedup: one like per user and post' },
  { group: 'scores', name: 'Scores', what: 'views and shares of dedup, likes and comments of reactions: counts per post' },
  { group: 'sessions', name: 'Sessions', what: 'each event of dedup: which session of its user it belongs to', branch: true },
  { group: 'sink-post-events', name: 'ClickHouse', what: 'keeps each event, for analysts' },
]
const rateOver = 5_000 // ms: offsets are committed in steps, so a rate needs a few of them
const kept = 60 // samples of a curve, one a second

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

const flow = document.getElementById('flow')
for (const stage of stages) {
  stage.samples = [] // {at, total}
  stage.curve = []
  const li = document.createElement('li')
  li.className = stage.branch ? 'stage branch' : 'stage'
  li.innerHTML = `
    <h3><span></span><span class="state"></span></h3>
    <p class="what"></p>
    <p class="rate"><span>–</span> <small>/s</small></p>
    <svg viewBox="0 0 ${kept - 1} 20" preserveAspectRatio="none" aria-hidden="true">
      <path fill="currentColor" opacity=".15"/><path fill="none" stroke="currentColor" stroke-width="1.5" vector-effect="non-scaling-stroke"/>
    </svg>
    <p class="facts"><span class="total"></span><span class="lag"></span></p>
    <p class="recovery" hidden><progress max="1" aria-label="table read"></progress> <span></span></p>
    <p class="error" hidden></p>`
  li.querySelector('h3 span').textContent = stage.name
  li.querySelector('.what').textContent = stage.what
  flow.append(li)
  stage.card = li
}

// total is how many records a stage has seen, or null if nobody tells.
function total(stage, status) {
  const group = status.groups.find(g => g.group === stage.group)
  if (stage.count === 'end') return group ? group.partitions.reduce((sum, p) => sum + p.end, 0) : null
  return status.accounting[stage.group]?.in ?? null
}

function rate(stage, at, seen) {
  const { samples } = stage
  if (samples.length && samples.at(-1).total > seen) samples.length = 0 // counted anew
  samples.push({ at, total: seen })
  while (samples.length > 2 && samples[1].at <= at - rateOver) samples.shift()
  const first = samples[0]
  return at > first.at ? (seen - first.total) * 1_000 / (at - first.at) : 0
}

function draw(stage) {
  const { curve } = stage
  const top = Math.max(...curve, 1e-9)
  const points = curve.map((v, i) => `${kept - curve.length + i},${(19 - 17 * v / top).toFixed(2)}`)
  const [area, line] = stage.card.querySelectorAll('path')
  line.setAttribute('d', 'M' + points.join('L'))
  area.setAttribute('d', `M${kept - curve.length},20L${points.join('L')}L${kept - 1},20Z`)
}

function show(stage, status, at) {
  const group = status.groups.find(g => g.group === stage.group)
  const seen = total(stage, status)
  const text = (selector, value) => { stage.card.querySelector(selector).textContent = value }
  const state = stage.card.querySelector('.state')
  if (stage.count !== 'end') {
    state.textContent = !group ? 'elsewhere' : group.crash_loop ? 'crash loop' : group.breaker === 'open' ? 'breaker open' : group.state
    state.className = 'state ' + (!group ? '' : group.crash_loop ? 'failed' : group.state)
    text('.lag', group ? `${short.format(group.lag)} behind` : '')
    if (group) trouble(stage.card, group)
  }
  if (seen === null) return
  const perSecond = rate(stage, at, seen)
  stage.card.classList.toggle('late', group?.lag > Math.max(100, 10 * perSecond)) // more than 10 s of work
  stage.curve.push(perSecond)
  if (stage.curve.length > kept) stage.curve.shift()
  text('.rate span', perSecond > 0 && perSecond < 10 ? perSecond.toFixed(1) : short.format(perSecond))
  text('.total', `${whole.format(seen)} ${stage.count === 'end' ? 'in the log' : 'done'}`)
  stage.card.classList.toggle('busy', perSecond > 0)
  draw(stage)
}

// trouble shows how far the table is read, and why a group does not go on.
function trouble(card, group) {
  const reading = group.partitions.filter(p => p.state === 'recovering')
  const bar = card.querySelector('.recovery')
  bar.hidden = !reading.length
  if (reading.length) {
    const sum = of => reading.reduce((n, p) => n + of(p.recovery), 0)
    const done = sum(r => Math.max(r.at - r.from, 0)), all = sum(r => r.to - r.from)
    bar.querySelector('progress').value = all ? done / all : 0
    bar.querySelector('span').textContent = `reading its table, ${short.format(Math.max(all - done, 0))} left`
  }
  const error = card.querySelector('.error')
  error.hidden = !group.last_error || !(group.crash_loop || ['failed', 'waiting'].includes(group.state))
  if (!error.hidden && error.textContent !== group.last_error) error.textContent = group.last_error
}

// verdict is the one thing about the groups that matters most, and whether it is good.
function verdict(status) {
  const first = ok => status.groups.find(ok)?.group
  const failed = first(g => g.state === 'failed'), loops = first(g => g.crash_loop)
  const lost = first(g => !g.balanced), full = first(g => g.partitions.some(p => p.metadata_alarm))
  if (failed) return [`${failed} failed`, 'bad']
  if (loops) return [`${loops} in a crash loop`, 'bad']
  if (lost) return [`${lost} does not add up`, 'bad']
  if (full) return [`${full}: metadata almost full`, 'bad']
  const waiting = status.groups.find(g => g.state !== 'running')
  if (waiting) return [`${waiting.group} ${waiting.state}`, '']
  return [status.drained ? 'live · all done' : 'live', 'good']
}

function health(text, kind) {
  const pill = document.getElementById('health')
  if (pill.textContent !== text) pill.textContent = text // only changes are read out
  pill.className = 'pill ' + kind
}

async function poll() {
  try {
    const answer = await fetch('/v1/status', { signal: AbortSignal.timeout(4_000) })
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    const status = await answer.json()
    const at = performance.now()
    for (const stage of stages) show(stage, status, at)
    document.dispatchEvent(new CustomEvent('status', { detail: status }))
    health(...verdict(status))
  } catch {
    health('not reachable', 'bad')
  }
  setTimeout(poll, document.hidden ? 5_000 : 1_000)
}
poll()
