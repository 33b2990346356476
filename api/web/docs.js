// The reference: /openapi.json, as people read it.

const element = (tag, text, ...children) => {
  const e = document.createElement(tag)
  if (text) e.textContent = text
  e.append(...children)
  return e
}

const answer = await fetch('/openapi.json')
const doc = await answer.json()
const resolve = schema => (schema?.$ref ? doc.components.schemas[schema.$ref.split('/').at(-1)] : schema)
const typeOf = schema => [resolve(schema)?.type ?? 'any'].flat().join(' or ')

// sketch writes a schema the way an answer looks: names, and types in place of values.
function sketch(schema, indent = '') {
  const s = resolve(schema)
  const inner = indent + '  '
  if (s?.properties) {
    const fields = Object.entries(s.properties).map(([name, p]) => {
      const note = resolve(p)?.description ?? p.description
      return `${inner}"${name}": ${sketch(p, inner)}${note ? `   // ${note}` : ''}`
    })
    return `{\n${fields.join('\n')}\n${indent}}`
  }
  if (s?.items) return `[${sketch(s.items, indent)}, …]`
  if (typeof s?.additionalProperties === 'object') return `{"…": ${sketch(s.additionalProperties, indent)}}`
  return s?.enum ? s.enum.map(v => JSON.stringify(v)).join(' | ') : typeOf(s)
}

function parameter(p) {
  const { minimum, maximum, default: usual } = p.schema
  const range = maximum === undefined ? '' : `, ${minimum} to ${maximum}`
  const fallback = usual === undefined ? '' : `, ${usual} if left out`
  return [element('dt', '', element('code', p.name)), element('dd', `${typeOf(p.schema)}${range}${fallback}. ${p.description ?? ''}`)]
}

function operation(path, method, op) {
  const article = element('article')
  article.className = 'operation'
  article.append(element('h3', '', element('code', `${method.toUpperCase()} ${path}`), ` – ${op.summary}`), element('p', op.description ?? ''))
  if (op.parameters?.length) article.append(element('dl', '', ...op.parameters.flatMap(parameter)))
  for (const [status, response] of Object.entries(op.responses)) {
    const [kind, content] = Object.entries(response.content ?? {})[0] ?? []
    if (!kind || kind === 'application/problem+json') continue
    article.append(element('p', `${status}, ${kind}:`), element('pre', sketch(content.schema)))
  }
  const errors = Object.keys(op.responses).filter(status => status >= 400)
  if (errors.length) article.append(element('p', `Errors: ${errors.join(', ')}`))
  return article
}

document.getElementById('about').textContent = `${doc.info.description} Version ${doc.info.version}.`
document.getElementById('operations').replaceChildren(...Object.entries(doc.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, op]) => operation(path, method, op))))
