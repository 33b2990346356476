// The tables below the flow: what became of every input, how the groups stand, what the database says, how
// periodic work goes. Fed by flow.js.

const outcomes = ['in', 'applied', 'duplicate', 'replay', 'absorbed', 'skipped', 'dead', 'late']
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

function row(tag, cells) {
  const tr = document.createElement('tr')
  for (const cell of cells) {
    const td = document.createElement(tag)
    const [text, kind] = [cell].flat()
    td.textContent = text
    if (kind) td.className = kind
    tr.append(td)
  }
  return tr
}

function fill(id, head, rows) {
  const table = document.getElementById(id)
  table.tHead.replaceChildren(row('th', head))
  table.tBodies[0].replaceChildren(...rows.map(cells => row('td', cells)))
}

function sayAs(id, text, kind) {
  const element = document.getElementById(id)
  element.textContent = text
  element.className = kind
}

function account({ groups, accounting }) {
  fill('accounting', ['group', ...outcomes], Object.keys(accounting).sort().map(g => [g, ...outcomes.map(o => whole.format(accounting[g][o]))]))
  const balanced = groups.every(g => g.balanced)
  sayAs('balance', !groups.length ? '' : balanced ? '– all accounted for' : '– does not add up', balanced ? 'good' : 'bad')
}

function bytes(n) {
  const unit = Math.min(Math.floor(Math.log2(Math.max(n, 1)) / 10), 4)
  return `${(n / 1024 ** unit).toFixed(unit && n / 1024 ** unit < 10 ? 1 : 0)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]}`
}

// standing is the line of a group. Tables are those of the process that answers.
function standing(g) {
  const tables = g.partitions.map(p => p.table).filter(Boolean)
  const sum = field => tables.reduce((n, t) => n + t[field], 0)
  const size = field => tables.length ? bytes(sum(field)) : '–'
  const share = Math.max(0, ...g.partitions.map(p => p.metadata_limit && p.metadata_bytes / p.metadata_limit))
  const alarm = g.partitions.some(p => p.metadata_alarm)
  const bad = g.crash_loop || g.state === 'failed'
  const breaker = g.breaker && g.breaker !== 'closed' ? `, breaker ${g.breaker}` : ''
  return [
    g.group, [g.crash_loop ? 'crash loop' : g.state + breaker, bad ? 'bad' : ''], whole.format(g.members), whole.format(g.lag),
    tables.length ? whole.format(sum('rows')) : '–', size('memory_bytes'), size('disk_bytes'),
    [`${Math.floor(100 * share)} %`, alarm ? 'bad' : ''],
    tables.length ? whole.format(g.partitions.reduce((n, p) => n + (p.commits ?? 0), 0)) : '–', [whole.format(g.rebuilds), bad ? 'bad' : ''],
  ]
}

function stand({ groups }) {
  fill('groups', ['group', 'state', 'members', 'behind', 'rows', 'in memory', 'on disk', 'metadata', 'commits', 'rebuilds'], groups.map(standing))
  const alarms = groups.filter(g => g.crash_loop || g.state === 'failed' || g.partitions.some(p => p.metadata_alarm)).length
  sayAs('standing', !groups.length ? '' : alarms ? `– ${alarms} to look at` : '– no alarm', alarms ? 'bad' : 'good')
}

// reconciled says what the last comparison with ClickHouse found, where the process that answers makes them.
function reconciled({ reconciliation: r }) {
  const found = !r ? '' : r.balanced ? '– ClickHouse agrees' : `– ClickHouse differs: ${r.findings[0]}`
  sayAs('reconciliation', found, r?.balanced ? 'good' : 'bad')
}

const operations = ['create', 'update', 'delete', 'read', 'truncate']
const results = ['applied', 'repeated', 'older', 'truncated']

// database is what this process has read and applied of the application's database.
function database({ database: tables }) {
  const cells = (counts, names) => names.map(name => whole.format(counts[name] ?? 0))
  const lag = t => t.changes.applied ? `${t.lag_seconds.toFixed(t.lag_seconds < 10 ? 2 : 0)} s` : '–'
  fill('database', ['table', ...operations, ...results, 'lag'], tables.map(t => [t.table, ...cells(t.events, operations), ...cells(t.changes, results), lag(t)]))
  sayAs('behind', tables.length ? '' : '– nothing here', '')
}

const clock = time => time ? new Date(time).toLocaleTimeString() : '–'

// jobs is the periodic work, of all processes that tell of it.
function jobs({ jobs: all }) {
  const took = j => j.last_run ? `${j.took_seconds.toFixed(j.took_seconds < 10 ? 2 : 0)} s` : '–'
  const result = j => [j.last_error ? `error: ${j.last_error}` : j.result ?? '–', j.result === 'error' ? 'bad' : '']
  const lately = j => j.runs.map(r => r.result === 'ok' ? '✓' : '✗').reverse().join('')
  fill('jobs', ['name', 'kind', 'last run', 'took', 'result', 'by', 'lately', 'next'], all.map(j => [j.name, j.kind, clock(j.last_run), took(j), result(j), j.process ?? '–', lately(j), clock(j.next)]))
  const failing = all.filter(j => j.result === 'error').length
  sayAs('failing', !all.length ? '– none here' : failing ? `– ${failing} failing` : '', failing ? 'bad' : '')
}

document.addEventListener('status', event => {
  account(event.detail)
  reconciled(event.detail)
  stand(event.detail)
  database(event.detail)
  jobs(event.detail)
})
