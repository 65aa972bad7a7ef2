// An approved text in the making: which one, with what filled in, and what it looks like when it goes out.
import { useState } from 'react'
import { countMarks, fillIn, keepTemplates, type KnownTemplate, readTemplates } from '../../../lib/templates'

export function useTemplate(inboxId: string) {
  const [opened, setOpened] = useState(false)
  const [known, setKnown] = useState(() => readTemplates(inboxId))
  const [chosen, setChosen] = useState<KnownTemplate | null>(null)
  const [values, setValues] = useState<string[]>([])
  const marks = chosen ? countMarks(chosen.text) : 0
  const parameters = Array.from({ length: marks }, (_, index) => (values[index] ?? '').trim())
  const keep = (templates: KnownTemplate[]) => {
    keepTemplates(inboxId, templates)
    setKnown(templates)
  }
  const same = (one: KnownTemplate, other: KnownTemplate) => one.name === other.name && one.language === other.language
  const choose = (template: KnownTemplate | null) => {
    setChosen(template)
    setValues([])
  }
  return {
    opened, known, chosen, values, marks, choose,
    ready: chosen !== null && parameters.every((value) => value !== ''),
    body: chosen ? fillIn(chosen.text, parameters) : '',
    open: () => setOpened(true),
    close: () => {
      setOpened(false)
      choose(null)
    },
    fill: (index: number, value: string) => setValues((before) => Object.assign([...before], { [index]: value })),
    enter: (template: KnownTemplate) => {
      keep([...known.filter((item) => !same(item, template)), template])
      choose(template)
    },
    forget: (template: KnownTemplate) => {
      keep(known.filter((item) => !same(item, template)))
      if (chosen && same(chosen, template)) choose(null)
    },
    /** What the server takes. */
    wanted: chosen ? { name: chosen.name, language: chosen.language, parameters } : null,
  }
}

export type TemplateWriting = ReturnType<typeof useTemplate>
