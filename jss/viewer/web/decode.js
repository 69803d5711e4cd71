// Scores to events, and events against the truth, exactly as the Python package computes both.

/** Frame i of a row of frames that is continued by reflection at its ends. */
function reflected(i, frames) {
  const j = ((i % (2 * frames)) + 2 * frames) % (2 * frames);
  return j < frames ? j : 2 * frames - 1 - j;
}

/** Strict > threshold -> T of 0 and 1. */
function above(scores, threshold) {
  const limit = Math.fround(threshold); // scores are float32, and are compared as such
  return Uint8Array.from(scores, (score) => (score > limit ? 1 : 0));
}

/** A value for all classes, or one for each. */
const ofClass = (value, k) => (Array.isArray(value) ? value[k] : value);

/** A median filter with reflected edges. active: T of 0 and 1 -> the same. */
function filtered(active, median) {
  const frames = active.length;
  if (median <= 1 || !frames) return active;
  const half = Math.floor(median / 2);
  const reflect = (i) => reflected(i, frames);
  const smooth = new Uint8Array(frames);
  let sum = 0;
  for (let i = -half; i <= half; i++) sum += active[reflect(i)];
  for (let i = 0; i < frames; i++) {
    smooth[i] = sum > half ? 1 : 0;
    sum += active[reflect(i + half + 1)] - active[reflect(i - half)];
  }
  return smooth;
}

/** Strict > threshold, then the median filter. scores: T values -> T of 0 and 1. */
export function binarize(scores, threshold, median) {
  return filtered(above(scores, threshold), median);
}

/** The median of the scores around a frame: it is above a threshold where the filtered event is on. */
export function medianAt(scores, frame, median) {
  const half = Math.floor(median / 2);
  const around = Array.from({ length: 2 * half + 1 }, (_, i) =>
    scores[reflected(frame - half + i, scores.length)]);
  return around.sort((a, b) => a - b)[half];
}

/** Runs above the threshold of classes of which the median filter leaves no event: [{onset, offset, k}]. */
export function removedRuns(pooled, { hop, threshold, median }) {
  return pooled.flatMap((row, k) => {
    const raw = above(row, ofClass(threshold, k));
    if (filtered(raw, ofClass(median, k)).some(Boolean)) return [];
    return runs(raw).map(([first, end]) => ({ onset: first * hop, offset: end * hop, k }));
  });
}

/** Runs of ones -> [[first frame, frame after the last], ...]. */
export function runs(active) {
  const spans = [];
  let start = -1;
  for (let i = 0; i <= active.length; i++) {
    if (active[i] && start < 0) start = i;
    if (!active[i] && start >= 0) {
      spans.push([start, i]);
      start = -1;
    }
  }
  return spans;
}

/**
 * pooled: K rows of T scores; threshold, median: one, or an array of K.
 * -> [{onset, offset, k}, ...] in seconds, by onset, then class.
 */
export function decode(pooled, { hop, duration, threshold, median }) {
  const events = [];
  pooled.forEach((row, k) => {
    for (const [first, end] of runs(binarize(row, ofClass(threshold, k), ofClass(median, k)))) {
      if (first * hop < duration) events.push({ onset: first * hop, offset: Math.min(end * hop, duration), k });
    }
  });
  return events.sort((a, b) => a.onset - b.onset || a.k - b.k);
}

function union(spans) {
  const merged = [];
  for (const [start, end] of spans.filter(([a, b]) => b > a).sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** Spans of one class: [{onset, offset, k, kind}], kind: hit, miss or false alarm. */
export function agreement(detected, truth) {
  const spans = [];
  const classes = [...new Set([...detected, ...truth].map((event) => event.k))].sort((a, b) => a - b);
  for (const k of classes) {
    const [decoded, actual] = [detected, truth].map((events) =>
      union(events.filter((event) => event.k === k).map((event) => [event.onset, event.offset])));
    const edges = [...new Set([...decoded, ...actual].flat())].sort((a, b) => a - b);
    for (let i = 0; i + 1 < edges.length; i++) {
      const [start, end] = [edges[i], edges[i + 1]];
      const inside = (merged) => merged.some(([a, b]) => a <= start && end <= b);
      const [isDetected, isTrue] = [inside(decoded), inside(actual)];
      if (!isDetected && !isTrue) continue;
      const kind = !isDetected ? "miss" : isTrue ? "hit" : "false alarm";
      const last = spans.at(-1);
      if (last && last.k === k && last.kind === kind && last.offset === start) last.offset = end;
      else spans.push({ onset: start, offset: end, k, kind });
    }
  }
  return spans;
}

/** Where one class is missed while another is a false alarm: [{onset, offset, missed, detected}], by onset. */
export function confusions(spans) {
  const of = (kind) => spans.filter((span) => span.kind === kind);
  const confused = [];
  for (const miss of of("miss")) {
    for (const alarm of of("false alarm")) {
      const [onset, offset] = [Math.max(miss.onset, alarm.onset), Math.min(miss.offset, alarm.offset)];
      if (offset > onset) confused.push({ onset, offset, missed: miss.k, detected: alarm.k });
    }
  }
  return confused.sort((a, b) => a.onset - b.onset || a.missed - b.missed || a.detected - b.detected);
}
