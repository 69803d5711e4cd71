// Colours: of the page's theme, of the spectrograms (lookup tables), of the sources.

const MAGMA = [ // polynomial fit of the colour map, constant term first
  [-0.002136485, -0.000749655, -0.005386128], [0.251660541, 0.677523244, 2.494026599],
  [8.353717279, -3.577719515, 0.314467903], [-27.668733086, 14.264730781, -13.649213188],
  [52.176139812, -27.943606072, 12.944169442], [-50.768525365, 29.046582821, 4.234152994],
  [18.655705066, -11.489773520, -5.601961509]];

function magma(x) {
  return [0, 1, 2].map((c) => {
    const value = MAGMA.reduceRight((sum, term) => sum * x + term[c], 0);
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  });
}

const tables = new Map(); // equal colours are the same table, so that no tile is coloured twice

/** 256 packed colours for stored levels. stored, shown: [low, high] in dB; colours clip outside shown. */
export function lookupTable(palette, stored, shown) {
  const name = `${palette} ${stored} ${shown}`;
  if (!tables.has(name)) tables.set(name, Object.assign(makeTable(palette, stored, shown), { palette }));
  return tables.get(name);
}

function makeTable(palette, stored, shown) {
  const table = new Uint32Array(256);
  for (let level = 0; level < 256; level++) {
    const db = stored[0] + (level / 255) * (stored[1] - stored[0]);
    const x = Math.min(1, Math.max(0, (db - shown[0]) / (shown[1] - shown[0])));
    const [r, g, b] = palette === "magma" ? magma(x) : Array(3).fill(Math.round(252 - 244 * x ** 1.1));
    table[level] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return table;
}

const LESS = [178, 88, 6]; // of a difference: quieter, and louder
const MORE = [43, 117, 190];

/** 511 packed colours for differences of stored levels, -255 to 255: none is the colour of the paper. */
export function differenceTable(theme, stored, full) {
  const paper = rgb(theme.paper);
  const table = new Uint32Array(511);
  for (let i = 0; i < 511; i++) {
    const db = ((i - 255) / 255) * (stored[1] - stored[0]);
    const share = Math.min(1, Math.abs(db) / full) ** 0.8;
    const [r, g, b] = (db < 0 ? LESS : MORE).map((v, k) => Math.round(paper[k] + (v - paper[k]) * share));
    table[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return table;
}

/** A CSS gradient of differences, for the key. */
export function differenceGradient(theme) {
  return `linear-gradient(90deg, rgb(${LESS}), ${theme.paper}, rgb(${MORE}))`;
}

/** A CSS gradient of the same colours, for the key. */
export function gradient(palette) {
  const stops = Array.from({ length: 9 }, (_, i) => i / 8)
    .map((x) => (palette === "magma" ? magma(x) : Array(3).fill(Math.round(252 - 244 * x ** 1.1))));
  return `linear-gradient(90deg, ${stops.map((rgb) => `rgb(${rgb})`).join(", ")})`;
}

const parsed = new Map(); // CSS colour -> [r, g, b]; a canvas is slow to parse it
let parser = null;

function rgb(css) {
  if (!parsed.has(css)) {
    parser ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    parser.fillStyle = css;
    parser.fillRect(0, 0, 1, 1);
    parsed.set(css, [...parser.getImageData(0, 0, 1, 1).data].slice(0, 3));
  }
  return parsed.get(css);
}

/** A class's colour, moved towards that of text where it would be too faint for small text. */
export function textColour(theme, css) {
  const [colour, ink, paper] = [css, theme.ink, theme.paper].map(rgb);
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (c) => {
    const [a, b] = [luminance(c), luminance(paper)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  for (let share = 0; share <= 1; share += 0.1) {
    const mixed = colour.map((v, i) => Math.round(v * (1 - share) + ink[i] * share));
    if (contrast(mixed) >= 4.5) return `rgb(${mixed})`;
  }
  return theme.ink;
}

/** Colours of the theme that the page has now, read from Streamlit's variables. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const variable = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const paper = rgb(variable("--st-background-color", "#fff"));
  const ink = rgb(variable("--st-text-color", "#222"));
  const dark = paper[0] * 0.3 + paper[1] * 0.59 + paper[2] * 0.11 < 128;
  const mix = (share) => `rgb(${ink.map((v, i) => Math.round(v * share + paper[i] * (1 - share)))})`;
  return {
    name: dark ? "dark" : "light",
    dark,
    paper: `rgb(${paper})`,
    paperAlpha: (alpha) => `rgba(${paper},${alpha})`,
    ink: mix(1),
    soft: mix(0.72),
    line: mix(0.2),
    grid: mix(0.1),
    panel: mix(0.025),
    accent: variable("--st-primary-color", "#2266aa"),
    hit: dark ? "#3fae86" : "#23845f",
    alarm: dark ? "#f08a4b" : "#c8500f",
    miss: dark ? "#f06a7a" : "#b3243a",
    font: variable("--st-font", "sans-serif"),
  };
}

/** Shade of source m of M, and whether dark text is to be read on it. One hue, apart from all class colours. */
export function sourceShade(m, count, dark) {
  const x = count > 1 ? m / (count - 1) : 0.4;
  const light = dark ? 40 + 42 * x : 30 + 50 * x;
  return { fill: `hsl(212 ${Math.round(46 - 8 * x)}% ${Math.round(light)}%)`, darkText: light > 58 };
}
