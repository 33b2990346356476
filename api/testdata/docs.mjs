// Runs a script of a page, the first argument, with a document that prints as text what is put into it. The answer to each
// fetch is standard input. `docs.js` needs no more of a browser than this.
import { readFileSync } from 'node:fs'

class Element {
  constructor(tag) { this.tag = tag; this.children = [] }
  set textContent(text) { this.children = [text] }
  get textContent() { return this.children.map(c => c.textContent ?? c).join('') + ({ dt: ': ', dd: '\n' }[this.tag] ?? '') }
  append(...children) { this.children.push(...children) }
  replaceChildren(...children) { this.children = children }
}
const places = {}
globalThis.document = {
  createElement: tag => new Element(tag),
  getElementById: id => (places[id] ??= new Element()),
}
const text = readFileSync(0, 'utf8')
globalThis.fetch = async () => ({ json: async () => JSON.parse(text) })
await import(`data:text/javascript,${encodeURIComponent(readFileSync(process.argv[2], 'utf8'))}`)
for (const article of places.operations.children) {
  console.log(article.children.map(c => c.textContent.trim()).filter(Boolean).join('\n') + '\n')
}
