// Mantine's theme: our sans, our petrol, small radii. The colours themselves are tokens.css.
import { createTheme, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#eaf4f4', '#d5e8e8', '#a6cccd', '#76b1b4', '#4f9aa0', '#2f848c', '#197580', '#0f6570', '#0a4e57', '#063a41',
]

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  headings: { fontFamily: 'var(--sans)', fontWeight: '620' },
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace',
  colors: { petrol },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  defaultRadius: 7,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withinPortal: true, transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true } },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true } },
    Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: false, yOffset: '12vh' } },
  },
})

