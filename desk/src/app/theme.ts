// Mantine's theme: our sans, our petrol, small radii. The colours themselves are tokens.css.
import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple, type VariantColorsResolver } from '@mantine/core'

// Filled danger needs white text in both schemes.
const danger: MantineColorsTuple = [
  '#fcebe8', '#f8d6d1', '#f3b9b1', '#f29488', '#e06a5c', '#cc4a3c', '#bb3225', '#ad2318', '#8c1a11', '#6d130c',
]
const petrol: MantineColorsTuple = [
  '#eaf4f4', '#d5e8e8', '#a6cccd', '#76b1b4', '#4f9aa0', '#2f848c', '#197580', '#0f6570', '#0a4e57', '#063a41',
]

// Mantine's own greys are cold; fields, switches and what is disabled take these.
const gray: MantineColorsTuple = [
  '#f9f6f2', '#f3efe9', '#ebe6de', '#ddd6ca', '#cfc7ba', '#a89f92', '#857d70', '#5f584d', '#3c372f', '#26221c',
]
const dark: MantineColorsTuple = [
  '#ebe7df', '#c9c3b7', '#b3ac9f', '#7d7669', '#4a463e', '#35322c', '#272520', '#1e1d19', '#171613', '#11100e',
]

/** The accent is light in the dark scheme: what stands on it changes with it. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colours = defaultVariantColorsResolver(input)
  const accent = input.variant === 'filled' && (input.color === undefined || input.color === 'petrol')
  return accent ? { ...colours, background: 'var(--accent)', hover: 'var(--accent-strong)', color: 'var(--on-accent)' } : colours
}

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  headings: { fontFamily: 'var(--sans)', fontWeight: '620' },
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '0.867rem', sm: '0.933rem' },
  colors: { petrol, danger, gray, dark },
  variantColorResolver,
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
    // Its placeholder for the first focus is a child that no menu may have.
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withinPortal: true, withInitialFocusPlaceholder: false } },
    Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: false, yOffset: '12vh' } },
  },
})

