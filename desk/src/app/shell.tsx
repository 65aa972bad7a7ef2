// The frame of the signed-in desk: navigation, the screen, the foot line, palette and key overlay.
import { useMantineColorScheme } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useLayoutEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ToastLine } from '../components/toast-line'
import { CallDialog } from '../features/conversations/components/call-dialog'
import { usePresence } from '../features/conversations/hooks/use-presence'
import { useAgent } from '../lib/api/session'
import { speak } from '../lib/i18n'
import { allowSingleKeys, listenToKeys, useShortcut } from '../lib/shortcuts/use-shortcut'
import { useStore } from '../lib/store'
import { undoLast } from '../lib/toast'
import { GoKeys } from './go-keys'
import { KeyOverlay } from './key-overlay'
import { follow, liveStore } from './live'
import { Nav } from './nav'
import { Palette } from './palette'
import { navStore, togglePanel } from './panel'
import classes from './shell.module.css'

export function Shell() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const navigate = useNavigate()
  const agent = useAgent()
  const { conversationId = null } = useParams({ strict: false }) as { conversationId?: string }
  const [overlay, setOverlay] = useState(false)
  const [palette, setPalette] = useState(false)
  const [calling, setCalling] = useState(false)
  const navOpen = useStore(navStore)
  const brokenOff = useLasting(useStore(liveStore) === 'off')

  useFollowPreferences()
  useEffect(() => follow(client, agent.id), [client, agent.id])
  useLayoutEffect(listenToKeys, [])
  usePresence(conversationId)
  useShortcut('help', () => setOverlay(true))
  useShortcut('palette', () => setPalette((open) => !open))
  useShortcut('undo', () => void undoLast())
  useShortcut('panel', togglePanel, conversationId !== null)

  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#screen">{t('desk.nav.skip')}</a>
      <div className={classes.nav} data-open={navOpen || undefined}>
        <Nav onPalette={() => setPalette(true)} onKeys={() => setOverlay(true)} />
      </div>
      {navOpen && <button type="button" className={classes.veil} aria-label={t('desk.act.close')} onClick={() => navStore.write(false)} />}
      <div className={classes.screen} id="screen" tabIndex={-1}>
        {brokenOff && <p className={classes.offline} role="status">{t('desk.live.off')}</p>}
        <Outlet />
      </div>
      <ToastLine />
      <GoKeys />
      {overlay && <KeyOverlay onClose={() => setOverlay(false)} singleKeys={agent.single_key_shortcuts} />}
      {palette && <Palette onClose={() => setPalette(false)} onCall={() => setCalling(true)} navigate={navigate} />}
      {calling && <CallDialog onClose={() => setCalling(false)} onOpen={(id) => void navigate({ to: '/conversations/$conversationId', params: { conversationId: id }, search: { view: 'all' } })} />}
    </div>
  )
}

/** A line that is back within a moment is not worth a word. */
function useLasting(broken: boolean): boolean {
  const [lasting, setLasting] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLasting(broken), broken ? 1_200 : 0)
    return () => clearTimeout(timer)
  }, [broken])
  return broken && lasting
}

/** Language, theme and keys follow what the agent has set. */
function useFollowPreferences() {
  const agent = useAgent()
  const { setColorScheme } = useMantineColorScheme()
  useEffect(() => void speak(agent.language), [agent.language])
  useEffect(() => setColorScheme(agent.theme), [agent.theme, setColorScheme])
  useEffect(() => allowSingleKeys(agent.single_key_shortcuts), [agent.single_key_shortcuts])
}
