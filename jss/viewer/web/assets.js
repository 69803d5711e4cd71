// The images, scores and tracks of a clip: fetched by address, and cached while there is room.

const RATE = 16000;
const cache = new Map(); // address -> {content: promise, size}; the least recently used go first
const CAPACITY = 300e6; // bytes

/** load(url), or what it gave before. sizeOf: bytes of its content in memory. */
function cached(url, load, sizeOf) {
  const known = cache.get(url);
  if (known) {
    cache.delete(url);
    cache.set(url, known);
    return known.content;
  }
  const entry = { content: load(url), size: 0 };
  cache.set(url, entry);
  entry.content.then((content) => {
    entry.size = sizeOf(content);
    let total = [...cache.values()].reduce((sum, { size }) => sum + size, 0);
    for (const [oldest, { size }] of cache) {
      if (total <= CAPACITY || oldest === url) break;
      total -= size;
      cache.delete(oldest);
    }
  }, () => cache.delete(url));
  return entry.content;
}

/** Files of the app lie on its server; a page that stands alone has them within itself. */
const base = import.meta.url.startsWith("data:") ? "" : import.meta.url.split("/_stcore/")[0];

/**
 * While a page runs again, the server may drop its files, where another page ends at that moment; it
 * has them again before the page has run to its end.
 */
const PATIENCE = [250, 500, 1000, 2000, 4000]; // ms until a file that is not there is asked for again

async function get(url) {
  for (const wait of [...PATIENCE, 0]) {
    const response = await fetch(base + url);
    if (response.ok) return response;
    if (response.status !== 404 || !wait) throw new Error(`${response.status} for ${url}`);
    await new Promise((done) => setTimeout(done, wait));
  }
}

/** One tile of a spectrogram: its levels, row 0 at the top, and a canvas to be coloured. */
async function tile(url) {
  const blob = await (await get(url)).blob();
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const levels = new Uint8Array(canvas.width * canvas.height);
  for (let i = 0; i < levels.length; i++) levels[i] = pixels[4 * i];
  return { canvas, levels, width: canvas.width, height: canvas.height, table: null };
}

/** Colour a tile by a lookup table, unless it has these colours already. */
export function colour(picture, table) {
  if (picture.table === table) return;
  const image = new ImageData(picture.width, picture.height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = table[picture.levels[i]];
  picture.canvas.getContext("2d").putImageData(image, 0, 0);
  picture.table = table;
}

/**
 * Scores of a clip: pooled (K rows of float32), bySource (M x K rows of uint8), winners (K rows: the
 * source with the highest score in each frame), similarity (T).
 */
async function scores(url, { n_scored: classes, sources, frames }) {
  const bytes = await (await get(url)).arrayBuffer();
  const rows = (array, count) => Array.from({ length: count }, (_, i) => array.subarray(i * frames, (i + 1) * frames));
  const pooled = rows(new Float32Array(bytes, 0, classes * frames), classes);
  let at = 4 * classes * frames;
  const take = (count) => {
    const part = new Uint8Array(bytes, at, count * frames);
    at += count * frames;
    return rows(part, count);
  };
  const bySource = Array.from({ length: sources }, () => take(classes));
  const winners = sources ? take(classes) : [];
  return { pooled, bySource, winners, similarity: sources > 1 ? take(1)[0] : null };
}

async function sound(url, gain) {
  const bytes = await (await get(url)).arrayBuffer();
  const buffer = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
  const samples = buffer.getChannelData(0);
  if (gain !== 1) for (let i = 0; i < samples.length; i++) samples[i] *= gain;
  return buffer;
}

/** All that is drawn: {mixture: [tile], sources: [[tile]], masks: [[tile]], pooled, ...}. */
export async function loadPicture(meta) {
  const size = ({ levels }) => 9 * levels.length;
  const image = (urls) => Promise.all(urls.map((url) => cached(url, tile, size)));
  const images = (lists) => Promise.all(lists.map(image));
  const [mixture, curves, sources, masks] = await Promise.all([
    image(meta.mel), cached(meta.scores, (url) => scores(url, meta), () => 0),
    images(meta.source_mels), images(meta.source_masks)]);
  return { mixture, sources, masks, ...curves };
}

/** All tracks: [{id, name, buffer}], mixture first, then the sources, then the residual. */
export async function loadSound(meta) {
  const load = (url) => cached(url, () => sound(url, meta.gain), ({ length }) => 4 * length);
  const [mixture, ...sources] = await Promise.all(meta.audio.map(load));
  const tracks = [{ id: "mixture", name: "Mixture", buffer: mixture }];
  sources.forEach((buffer, m) => tracks.push({ id: `source${m + 1}`, name: meta.source_names[m], buffer }));
  if (sources.length) {
    const buffer = meta.residual ? await load(meta.residual) : difference(mixture, sources);
    tracks.push({ id: "residual", name: "Residual", buffer });
  }
  return tracks;
}

/** The mixture minus the sum of the sources. */
function difference(mixture, sources) {
  const residual = new AudioBuffer({ length: mixture.length, sampleRate: RATE });
  const rest = residual.getChannelData(0);
  rest.set(mixture.getChannelData(0));
  for (const source of sources) {
    const samples = source.getChannelData(0);
    for (let i = 0; i < rest.length; i++) rest[i] -= samples[i];
  }
  return residual;
}

/** Mean square of a waveform. */
export function power(buffer) {
  const samples = buffer.getChannelData(0);
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return sum / Math.max(1, samples.length);
}

/** Least and greatest sample of every block of a waveform: enough for any width. */
export function envelope(buffer) {
  const samples = buffer.getChannelData(0);
  const size = Math.max(16, 2 ** Math.floor(Math.log2(samples.length / 20000 + 1)));
  const count = Math.ceil(samples.length / size);
  const [low, high] = [new Float32Array(count), new Float32Array(count)];
  let peak = 0;
  for (let i = 0; i < count; i++) {
    let [least, most] = [Infinity, -Infinity];
    for (let j = i * size; j < Math.min(samples.length, (i + 1) * size); j++) {
      if (samples[j] < least) least = samples[j];
      if (samples[j] > most) most = samples[j];
    }
    [low[i], high[i]] = [least, most];
    peak = Math.max(peak, -least, most);
  }
  return { low, high, peak, seconds: size / RATE };
}
