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

// sketch writes a schema the way it looks: names, and types in place of values. A body also says which members it needs; an
// answer has almost all, so there it would be noise.
function sketch(schema, body, indent = '') {
  const s = resolve(schema)
  const inner = indent + '  '
  if (s?.properties) {
    const fields = Object.entries(s.properties).map(([name, p]) => {
      const notes = [body && s.required?.includes(name) && 'required', resolve(p)?.description ?? p.description].filter(Boolean)
      return `${inner}"${name}": ${sketch(p, body, inner)}${notes.length ? `   // ${notes.join('. ')}` : ''}`
    })
    return `{\n${fields.join('\n')}\n${indent}}`
  }
  if (s?.items) return `[${sketch(s.items, body, indent)}, …]`
  if (typeof s?.additionalProperties === 'object') return `{"…": ${sketch(s.additionalProperties, body, indent)}}`
  return s?.enum ? s.enum.map(v => JSON.stringify(v)).join(' | ') : typeOf(s)
}

// alternatives says in words what a body may be, and returns the schemas to sketch: of one thing or an array of it, the thing.
function alternatives(schema) {
  const all = schema.oneOf ?? schema.anyOf ?? [schema]
  const array = all.find(s => s.items)
  if (all.length === 2 && array && all.some(s => s.$ref && s.$ref === array.items.$ref)) {
    return [`one, or an array of up to ${array.maxItems}`, [array.items]]
  }
  return [all.length > 1 ? 'one of these' : '', all]
}

function body({ required, content }) {
  const [kind, { schema, example }] = Object.entries(content)[0]
  const [words, schemas] = alternatives(schema)
  const title = ['Body', required ? 'required' : '', kind, words].filter(Boolean).join(', ')
  const parts = [element('p', `${title}:`)]
  for (const s of schemas) {
    if (resolve(s)?.description) parts.push(element('p', resolve(s).description))
    parts.push(element('pre', sketch(s, true)))
  }
  if (example !== undefined) parts.push(element('p', 'For example:'), element('pre', JSON.stringify(example, null, 2)))
  return parts
}

function parameter(p) {
  const { minimum, maximum, maxItems, default: usual } = p.schema
  const facts = [
    p.in === 'header' && 'header', p.required && 'required', p.schema.items ? `${typeOf(p.schema.items)}s` : typeOf(p.schema),
    maximum !== undefined && `${minimum} to ${maximum}`, maxItems !== undefined && `up to ${maxItems}`,
    usual !== undefined && `${usual} if left out`,
  ]
  return [element('dt', '', element('code', p.name)), element('dd', `${facts.filter(Boolean).join(', ')}. ${p.description ?? ''}`)]
}

// needsToken: there is no alternative without one.
const needsToken = op => op.security?.length > 0 && op.security.every(s => Object.keys(s).length)

function operation(path, method, op) {
  const article = element('article')
  article.className = 'operation'
  article.append(element('h3', '', element('code', `${method.toUpperCase()} ${path}`), ` – ${op.summary}`), element('p', op.description ?? ''))
  if (needsToken(op)) article.append(element('p', '', 'Needs a token: ', element('code', 'Authorization: Bearer …')))
  if (op.parameters?.length) article.append(element('dl', '', ...op.parameters.flatMap(parameter)))
  if (op.requestBody) article.append(...body(op.requestBody))
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
