/** Dates as they are written in many languages, beside the same in digits: days of a hundred years, some of which are held out of the training. */
import { format } from 'date-fns';
import {
  ar,
  bg,
  bn,
  cs,
  cy,
  da,
  de,
  el,
  enGB,
  enUS,
  es,
  et,
  eu,
  faIR,
  fi,
  fr,
  he,
  hi,
  hu,
  id,
  is,
  it,
  ja,
  ka,
  kk,
  ko,
  lt,
  lv,
  mn,
  nb,
  nl,
  pl,
  ptBR,
  ro,
  ru,
  sq,
  sv,
  ta,
  th,
  tr,
  uk,
  vi,
  zhCN,
} from 'date-fns/locale';
import { seededRandom } from '../program/random.mjs';

/**
 * Locales of date-fns, in 12 scripts. Left out are those whose months are other months elsewhere (Croatian: listopad is October, in Polish it is November),
 * those that shorten two months alike (Armenian), and those whose `PP` has two digits of the year (Serbian).
 */
// biome-ignore format: a line a script, or a few
const known = new Map(Object.entries({
  enUS, enGB, de, fr, es, it, ptBR, nl, sv, da, nb, fi, is, pl, cs, hu, ro, lt, lv, et, tr, id, vi, cy, eu, sq,
  ru, uk, bg, kk, mn,
  el, ka, he, ar, faIR, hi, bn, ta, th, ko, ja, zhCN,
}));
export const locales = [...known.keys()];

/** Formats of date-fns: the locale's own long ones, and three that are the same everywhere. `P`, all digits, has the month first here and the day there. */
export const formats = ['PPPP', 'PPP', 'PP', 'd MMMM yyyy', 'EEE d MMM yyyy', 'yyyy MMMM d'];

/** Years, the last one not included; the share of their days that is held out. */
const [firstYear, lastYear] = [1950, 2050];
const heldOutShare = 0.1;

/** @param {Date} day @param {string} locale @param {string} style */
export function written(day, locale, style) {
  return format(day, style, { locale: localeOf(locale) }).normalize('NFC');
}

/** @param {Date} day @returns {string} such as 2031-05-17 */
export const isoOf = (day) => format(day, 'yyyy-MM-dd');

/**
 * @param {number} seed of the days that are held out
 * @param {readonly string[]} [names] of locales
 * @returns {import('./task.mjs').Task}
 */
export function createDates(seed, names = locales) {
  const days = shuffled(allDays(), seededRandom(seed));
  const heldOut = Math.round(days.length * heldOutShare);
  /** @param {readonly Date[]} from @param {() => number} uniform */
  const draw = (from, uniform) => {
    const [day, locale, style] = [oneOf(from, uniform), oneOf(names, uniform), oneOf(formats, uniform)];
    return { source: written(day, locale, style), target: isoOf(day), kind: locale };
  };
  const [unseen, seen] = [days.slice(0, heldOut), days.slice(heldOut)];
  return {
    name: 'dates',
    says: `${days.length} days of ${firstYear} to ${lastYear - 1} in ${names.length} locales and ${formats.length} formats; ${heldOut} days held out`,
    sourceTokens: charactersOf(names),
    targetTokens: '0123456789-',
    mostTokens: 10,
    seen: (uniform) => draw(seen, uniform),
    heldOut: (uniform) => draw(unseen, uniform),
    shown: shownLocales.flatMap((locale, i) =>
      names.includes(locale) ? [{ source: written(unseen[i], locale, 'PPPP'), target: isoOf(unseen[i]), kind: locale }] : [],
    ),
  };
}

/** Of which a date is drawn, in the picture: other scripts, other orders. */
const shownLocales = ['enUS', 'hu', 'ru', 'he', 'hi', 'ja'];

/** @param {string} name */
function localeOf(name) {
  const locale = known.get(name);
  if (locale === undefined) throw new Error(`${name} is none of the locales ${locales.join(', ')}`);
  return locale;
}

/** At noon, where no clock is put back. */
function allDays() {
  const days = [];
  for (let day = new Date(firstYear, 0, 1, 12); day.getFullYear() < lastYear; ) {
    days.push(day);
    day = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, 12);
  }
  return days;
}

/** All characters of these locales: a year has every month, weekday and day. @param {readonly string[]} names */
function charactersOf(names) {
  const year = Array.from({ length: 366 }, (_, i) => new Date(2028, 0, 1 + i, 12));
  const texts = names.flatMap((locale) => formats.flatMap((style) => year.map((day) => written(day, locale, style))));
  return new Set(`0123456789${texts.join('')}`);
}

/** @template T @param {readonly T[]} items @param {() => number} uniform @returns {T} */
const oneOf = (items, uniform) => items[Math.floor(uniform() * items.length)];

/** Fisher & Yates. @template T @param {T[]} items @param {() => number} uniform */
function shuffled(items, uniform) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}
