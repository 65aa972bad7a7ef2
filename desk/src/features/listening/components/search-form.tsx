// Writes a search, tries it before it is switched on, and sets where it looks, with which budget and by which rule.
import { Button, Checkbox, Group, Modal, NumberInput, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import '@mantine/core/styles/NumberInput.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import '@mantine/core/styles/ScrollArea.css'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ChannelGlyph } from '../../../components/channel-glyph'
import { useProblemText } from '../../../components/use-problem-text'
import { Problem } from '../../../lib/api/client'
import { channelsQuery, useBrands, useInboxes } from '../../../lib/api/directory'
import type { Search, SearchFields, Trial } from '../../../lib/api/types'
import { trySearch, useChangeSearch } from '../api/searches'
import classes from './listening.module.css'
import { SearchTrial } from './search-trial'

const BUDGET = 200
const STATES: Search['state'][] = ['draft', 'on', 'muted']
const NOTHING: Search['terms'] = { words: [], hashtags: [], mentions: [], without: [], slips: true, languages: [] }

export function SearchForm({ search, onClose }: { search: Search | null; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const describe = useProblemText()
  const brands = useBrands()
  const { save, remove } = useChangeSearch()
  const [name, setName] = useState(search?.name ?? '')
  const [chosenBrand, setBrand] = useState<string | null>(search?.brand.id ?? null)
  const [budgets, setBudgets] = useState<Record<string, number>>(Object.fromEntries(search?.inboxes.map((place) => [place.inbox.id, place.budget]) ?? []))
  const brand = chosenBrand ?? brands[0]?.id ?? ''
  const { data: channels = [] } = useQuery(channelsQuery)
  /** Where nothing is said in public, nothing can be found. */
  const silent = new Set(channels.filter(({ capabilities }) => capabilities?.public === null).map(({ channel }) => channel))
  const inboxes = useInboxes().filter((inbox) => inbox.brand.id === brand && (!silent.has(inbox.channel) || inbox.id in budgets))
  const [state, setState] = useState<Search['state']>(search?.state ?? 'draft')
  const [terms, setTerms] = useState(search?.terms ?? NOTHING)
  const [rule, setRule] = useState(search?.take_up ?? null)
  const [trial, setTrial] = useState<Trial | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const [busy, setBusy] = useState<'save' | 'try' | 'remove' | null>(null)
  const [sure, setSure] = useState(false)
  const chosen = inboxes.filter((inbox) => inbox.id in budgets)

  const during = async (what: typeof busy, work: () => Promise<void>) => {
    setBusy(what)
    setTrouble(null)
    try {
      await work()
    } catch (error) {
      const fault = error instanceof Problem ? error.document.errors?.[0]?.code : undefined
      const why = `desk.field_problem.${fault}`
      setTrouble(fault && i18n.exists(why) ? t(why) : describe(error))
    } finally {
      setBusy(null)
    }
  }
  /** A search for nothing would find everything. */
  const named = () => {
    const empty = terms.words.length + terms.hashtags.length + terms.mentions.length === 0
    setTrouble(empty ? t('desk.listening.needs_terms') : null)
    return !empty
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (!named()) return
    const body: SearchFields = { name: name.trim(), terms, take_up: rule, state, inboxes: chosen.map(({ id }) => ({ id, budget: budgets[id] })) }
    void during('save', async () => {
      await save(search, search ? body : { ...body, brand })
      onClose()
    })
  }
  const onTry = () => named() && during('try', async () => setTrial(await trySearch({ brand, terms, inboxes: chosen.map(({ id }) => id) })))
  const onRemove = () => during('remove', async () => {
    if (search) await remove(search)
    onClose()
  })
  const list = (key: 'words' | 'hashtags' | 'mentions' | 'without', description?: string) => (
    <TagsInput label={t(`desk.listening.${key}`)} description={description} placeholder={terms[key].length === 0 ? t('desk.listening.add') : undefined} splitChars={[',', ';']} acceptValueOnBlur maxTags={100} value={terms[key]} onChange={(value) => setTerms({ ...terms, [key]: value })} />
  )
  const choose = (id: string, on: boolean) =>
    setBudgets(({ [id]: known, ...others }) => (on ? { ...others, [id]: known ?? BUDGET } : others))

  return (
    <Modal opened onClose={onClose} size="lg" title={search?.name ?? t('desk.listening.new')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('desk.act.close') }}>
      <form className={classes.form} onSubmit={onSubmit}>
        <TextInput label={t('desk.listening.name')} required maxLength={80} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label={t('desk.listening.brand')} disabled={search !== null} allowDeselect={false} value={brand} onChange={setBrand} data={brands.map(({ id, name: label }) => ({ value: id, label }))} />
        {list('words', t('desk.listening.words_text'))}
        {list('hashtags')}
        {list('mentions')}
        {list('without', t('desk.listening.without_text'))}
        <Switch label={t('desk.listening.slips')} description={t('desk.listening.slips_text')} checked={terms.slips} onChange={(event) => setTerms({ ...terms, slips: event.currentTarget.checked })} />
        <Checkbox.Group label={t('desk.listening.languages')} description={t('desk.listening.languages_text')} value={terms.languages} onChange={(languages) => setTerms({ ...terms, languages })}>
          <Group mt={4}>{['de', 'en'].map((language) => <Checkbox key={language} value={language} label={t(`desk.listening.language.${language}`)} />)}</Group>
        </Checkbox.Group>
        <fieldset>
          <legend>{t('desk.listening.inboxes')}</legend>
          {channels.length > 0 && inboxes.length === 0 && <p className={classes.soft}>{t('desk.listening.no_inboxes')}</p>}
          {inboxes.map((inbox) => (
            <div key={inbox.id} className={classes.row}>
              <Checkbox checked={inbox.id in budgets} onChange={(event) => choose(inbox.id, event.currentTarget.checked)} label={<span className={classes.place}><ChannelGlyph inbox={inbox} /> {inbox.name}</span>} />
              {inbox.id in budgets && (
                <NumberInput size="xs" w={190} min={1} max={100000} suffix={` ${t('desk.listening.budget')}`} aria-label={t('desk.listening.budget_for', { name: inbox.name })} value={budgets[inbox.id]} onChange={(value) => setBudgets({ ...budgets, [inbox.id]: Number(value) || 1 })} />
              )}
            </div>
          ))}
        </fieldset>
        <Switch label={t('desk.listening.rule')} description={t('desk.listening.rule_text')} checked={rule !== null} onChange={(event) => setRule(event.currentTarget.checked ? { question: true, words: [] } : null)} />
        {rule && (
          <>
            <Checkbox label={t('desk.listening.rule_question')} checked={rule.question} onChange={(event) => setRule({ ...rule, question: event.currentTarget.checked })} />
            <TagsInput label={t('desk.listening.rule_words')} placeholder={rule.words.length === 0 ? t('desk.listening.add') : undefined} splitChars={[',', ';']} acceptValueOnBlur maxTags={100} value={rule.words} onChange={(words) => setRule({ ...rule, words })} />
          </>
        )}
        <Select label={t('desk.listening.state_label')} description={t(`desk.listening.state_text.${state}`)} allowDeselect={false} value={state} onChange={(value) => value && setState(value as Search['state'])} data={STATES.map((value) => ({ value, label: t(`desk.listening.state.${value}`) }))} />
        {trial && <SearchTrial trial={trial} />}
        {trouble && <p className={classes.trouble} role="alert">{trouble}</p>}
        {sure && <p>{t('desk.listening.remove_text')}</p>}
        <Group justify="flex-end" className={classes.foot}>
          {search && <Button mr="auto" color="danger" variant={sure ? 'filled' : 'subtle'} loading={busy === 'remove'} onClick={() => (sure ? void onRemove() : setSure(true))}>{t('desk.listening.remove')}</Button>}
          <Button variant="default" loading={busy === 'try'} onClick={() => void onTry()}>{t('desk.listening.try')}</Button>
          <Button type="submit" loading={busy === 'save'}>{t('desk.act.save')}</Button>
        </Group>
      </form>
    </Modal>
  )
}
