// Which address shows what. Settings and overview come in pieces of their own.
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, useNavigate, useParams, useRouter,
} from '@tanstack/react-router'
import { InvitationPage } from '../features/session/components/invitation-page'
import { SignInPage } from '../features/session/components/sign-in-page'
import { sessionQuery } from '../lib/api/session'
import { parseSearch } from '../lib/filters'
import { loadFormWords } from '../lib/i18n'
import { Broken, Lost } from './broken'
import { Shell } from './shell'
import { WorkingScreen } from './working-screen'

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Outlet, notFoundComponent: Lost, errorComponent: Broken })

const signInRoute = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>) => (typeof raw.next === 'string' ? { next: raw.next } : {}) as { next?: string },
  component: function SignIn() {
    const router = useRouter()
    const { next } = signInRoute.useSearch()
    return <SignInPage onSignedIn={() => router.history.replace(next?.startsWith('/') && !next.startsWith('//') ? `/desk${next}` : '/desk/')} />
  },
})

const invitationRoute = createRoute({
  getParentRoute: () => root,
  path: '/invitation/$secret',
  component: function Invitation() {
    const navigate = useNavigate()
    const { secret } = useParams({ from: '/invitation/$secret' })
    return <InvitationPage secret={secret} onSignedIn={() => void navigate({ to: '/', replace: true })} />
  },
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery)
    const next = location.pathname === '/' ? undefined : location.href.replace(/^\/desk/, '')
    if (!session) throw redirect({ to: '/sign-in', search: { next } })
  },
  component: Shell,
})

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/conversations', search: { view: 'mine' }, replace: true })
  },
})

const conversations = createRoute({
  getParentRoute: () => signedIn,
  path: '/conversations',
  validateSearch: parseSearch,
  component: WorkingScreen,
})
const conversation = createRoute({ getParentRoute: () => conversations, path: '$conversationId' })

const overview = createRoute({ getParentRoute: () => signedIn, path: '/overview', component: lazyRouteComponent(() => import('./places'), 'OverviewPlace') })
const announcements = createRoute({ getParentRoute: () => signedIn, path: '/posts', component: lazyRouteComponent(() => import('./places'), 'AnnouncementsPlace') })
const listening = createRoute({ getParentRoute: () => signedIn, path: '/listening', component: lazyRouteComponent(() => import('./places'), 'ListeningPlace') })
const alerts = createRoute({ getParentRoute: () => signedIn, path: '/alerts', component: lazyRouteComponent(() => import('./places'), 'AlertsPlace') })
const quarantine = createRoute({ getParentRoute: () => signedIn, path: '/quarantine', component: lazyRouteComponent(() => import('./places'), 'QuarantinePlace') })
const preferences = createRoute({ getParentRoute: () => signedIn, path: '/preferences', component: lazyRouteComponent(() => import('./places'), 'PreferencesPlace') })
const settings = createRoute({ getParentRoute: () => signedIn, path: '/settings', component: lazyRouteComponent(() => import('./settings-place'), 'SettingsPlace'), loader: loadFormWords })
const settingsPage = createRoute({ getParentRoute: () => settings, path: '$page' })

const routeTree = root.addChildren([
  signInRoute,
  invitationRoute,
  signedIn.addChildren([
    home, conversations.addChildren([conversation]), overview, announcements, listening, alerts, quarantine, preferences, settings.addChildren([settingsPage]),
  ]),
])

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    basepath: '/desk',
    context: { client },
    defaultPreload: false,
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const params = new URLSearchParams()
      for (const [key, value] of Object.entries(search)) if (value !== undefined && value !== null && value !== '') params.set(key, String(value))
      const text = params.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
      return text ? `?${text}` : ''
    },
    defaultErrorComponent: Broken,
    defaultNotFoundComponent: Lost,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
