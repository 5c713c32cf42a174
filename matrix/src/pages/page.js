'use strict'
const {texts, rows} = JSON.parse(document.getElementById('data').textContent)
const dialog = document.getElementById('failures')

function element(name, text, ...children) {
  const made = document.createElement(name)
  if (text !== null) made.textContent = text
  made.append(...children)
  return made
}

function failure([id, , cut, late, input, what, expected, got]) {
  const shown = [['stream', input], ['expected', expected], ['got', got]].filter(([, place]) => texts[place])
  const lines = shown.flatMap(([name, place]) => [
    element('dt', name === 'stream' && !texts[cut] ? 'block' : name),
    element('dd', null, element('pre', texts[place])),
  ])
  const at = texts[cut] ? ` at the cut ${texts[cut]}` : ''
  const summary = element('summary', null, element('b', texts[id]), `${at}: ${late ? 'late: ' : ''}${texts[what]}`)
  return element('details', null, summary, element('dl', null, ...lines))
}

function show(row, section) {
  const failures = rows[row].cells[section]
  const title = element('h3', `${rows[row].title}: ${section}, ${failures.length} wrong`)
  title.id = 'failures-title'
  const close = element('button', 'Close')
  close.addEventListener('click', () => dialog.close())
  const top = element('div', null, title, close)
  top.className = 'top'
  const reasons = new Map(failures.map((one) => [one[1], []]))
  for (const one of failures) reasons.get(one[1]).push(one)
  const groups = [...reasons].sort((a, b) => b[1].length - a[1].length)
  const parts = groups.flatMap(([reason, those]) => [
    element('h4', `${texts[reason]} (${those.length})`),
    ...those.map(failure),
  ])
  dialog.replaceChildren(top, ...parts)
  const first = dialog.querySelector('details')
  if (first) first.open = true
  if (!dialog.open) dialog.showModal()
  dialog.scrollTop = 0
}

// #2/9.2.5/bom opens the failures of a cell, so that it can be linked.
function showLinked() {
  const [, row, section] = /^#(\d+)\/(.+)$/.exec(decodeURIComponent(location.hash)) ?? []
  if (rows[row]?.cells[section]) show(row, section)
}

// Where there is no row of heads: the name of the section, and its number where two have that name.
const nameOf = (label) => label.split('/').at(-1)
for (const table of document.querySelectorAll('.matrix')) {
  const cells = [...table.querySelectorAll('td[data-label]')]
  const labels = [...new Set(cells.map((cell) => cell.dataset.label))]
  for (const cell of cells) {
    const [label, name] = [cell.dataset.label, nameOf(cell.dataset.label)]
    const alone = labels.filter((other) => nameOf(other) === name).length === 1
    cell.firstElementChild.dataset.short = alone ? name : label.replace('/', ' ')
  }
}
document.addEventListener('click', ({target}) => {
  if (target.matches('button[data-row]')) location.hash = `${target.dataset.row}/${target.dataset.section}`
  if (target === dialog) dialog.close()
})
dialog.addEventListener('close', () => history.replaceState(null, '', location.pathname + location.search))
addEventListener('hashchange', showLinked)
showLinked()
