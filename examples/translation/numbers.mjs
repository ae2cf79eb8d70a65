/** Whole numbers in words of ten languages, beside their digits: up to 999,999, some of which are held out of the training. */
import { toCardinal as german } from 'n2words/de-DE';
import { toCardinal as english } from 'n2words/en-US';
import { toCardinal as spanish } from 'n2words/es-ES';
import { toCardinal as french } from 'n2words/fr-FR';
import { toCardinal as italian } from 'n2words/it-IT';
import { toCardinal as japanese } from 'n2words/ja-JP';
import { toCardinal as korean } from 'n2words/ko-KR';
import { toCardinal as dutch } from 'n2words/nl-NL';
import { toCardinal as swedish } from 'n2words/sv-SE';
import { toCardinal as turkish } from 'n2words/tr-TR';
import { seededRandom } from '../program/random.mjs';

/** @type {Readonly<Record<string, (number: number) => string>>} */
const writers = {
  English: english,
  German: german,
  French: french,
  Spanish: spanish,
  Italian: italian,
  Dutch: dutch,
  Swedish: swedish,
  Turkish: turkish,
  Japanese: japanese,
  Korean: korean,
};

export const languages = Object.keys(writers);

/** Digits of the longest numbers. */
const mostDigits = 6;
/** Below it no number is held out: their words are the alphabet that the others are made of. The share of the others that is. */
export const alwaysSeen = 1000;
const heldOutShare = 0.1;

/** @param {number} number @param {string} language */
export function inWords(number, language) {
  const { [language]: write } = writers;
  if (write === undefined) throw new Error(`${language} is none of ${languages.join(', ')}`);
  return write(number).normalize('NFC');
}

/**
 * @param {number} seed of the numbers that are held out
 * @param {readonly string[]} [names] of languages
 * @returns {import('./task.mjs').Task}
 */
export function createNumbers(seed, names = languages) {
  /** A number's own share of chance, the same one whenever it is asked for. @param {number} number */
  const isHeldOut = (number) => number >= alwaysSeen && seededRandom(Math.imul(seed, 0x9e3779b1) ^ number)() < heldOutShare;
  /** @param {() => number} uniform @param {boolean} heldOut */
  const draw = (uniform, heldOut) => {
    for (;;) {
      const number = numberOf(heldOut ? 4 + Math.floor(uniform() * (mostDigits - 3)) : 1 + Math.floor(uniform() * mostDigits), uniform);
      if (isHeldOut(number) === heldOut) return pairOf(number, names[Math.floor(uniform() * names.length)]);
    }
  };
  const uniform = seededRandom(seed);
  return {
    name: 'numbers',
    says: `0 to ${10 ** mostDigits - 1} in ${names.length} languages; a tenth of those from ${alwaysSeen} on held out`,
    sourceTokens: charactersOf(names),
    targetTokens: '0123456789',
    mostTokens: mostDigits,
    seen: (uniform) => draw(uniform, false),
    heldOut: (uniform) => draw(uniform, true),
    shown: shownLanguages.flatMap((language) => (names.includes(language) ? [pairOf(heldOutOf(uniform), language)] : [])),
  };

  /** @param {() => number} uniform */
  function heldOutOf(uniform) {
    for (;;) {
      const number = numberOf(5, uniform);
      if (isHeldOut(number)) return number;
    }
  }
}

/** Of which a number is drawn, in the picture: tens before ones, ones before tens, another script. */
const shownLanguages = ['English', 'German', 'Korean'];

/** @param {number} number @param {string} language */
const pairOf = (number, language) => ({ source: inWords(number, language), target: String(number), kind: language });

/** So many digits, the first of which is 0 only where it is the only one. @param {number} digits @param {() => number} uniform */
function numberOf(digits, uniform) {
  const least = digits === 1 ? 0 : 10 ** (digits - 1);
  return least + Math.floor(uniform() * (10 ** digits - least));
}

/** All characters of these languages: every word is in a number below a thousand, or in one of thousands. @param {readonly string[]} names */
function charactersOf(names) {
  const numbers = Array.from({ length: 2000 }, (_, i) => [i, i * 500]).flat();
  return new Set(names.flatMap((language) => numbers.map((number) => inWords(number, language))).join(''));
}
