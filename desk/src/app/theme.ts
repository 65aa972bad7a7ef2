// Mantine's theme: our sans, our petrol, small radii. The colours themselves are tokens.css.
import { createTheme, type MantineColorsTuple } from '@mantine/core'

// Filled danger needs white text in both schemes.
const danger: MantineColorsTuple = [
  '#fcebe8', '#f8d6d1', '#f3b9b1', '#f29488', '#e06a5c', '#cc4a3c', '#bb3225', '#ad2318', '#8c1a11', '#6d130c',
]
const petrol: MantineColorsTuple = [
  '#eaf4f4', '#d5e8e8', '#a6cccd', '#76b1b4', '#4f9aa0', '#2f848c', '#197580', '#0f6570', '#0a4e57', '#063a41',
]

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  headings: { fontFamily: 'var(--sans)', fontWeight: '620' },
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace',
  colors: { petrol, danger },
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 7 },
  autoContrast: true,
  defaultRadius: 7,
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm', fw: 560 } },
    Tooltip: { defaultProps: { openDelay: 400, withinPortal: true, transitionProps: { duration: 80 } } },
    Popover: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true } },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true } },
    Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: false, yOffset: '12vh' } },
  },
})

