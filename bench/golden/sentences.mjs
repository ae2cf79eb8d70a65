/** What the sentence encoder is compared on: short, long (past the 128 tokens that the model reads), odd and ordinary text. */

const sentence = 'The quick brown fox jumps over the lazy dog near the river bank while the sun sets slowly behind the hills';
const pangrams = 'Pack my box with five dozen liquor jugs. How vexingly quick daft zebras jump! Sphinx of black quartz, judge my vow.';

/** @type {readonly string[]} */
export const sentences = [
  // One token, two, a few.
  'hello',
  'a',
  'I',
  'Good morning.',
  'The cat sat on the mat.',
  'Where is the nearest train station?',
  'run tests in a real browser',
  'compile C++ for Node',
  // Near in meaning, so that small differences would show.
  'How old are you?',
  'What is your age?',
  'My phone is good.',
  'My phone is not good.',
  // Almost nothing: empty, blanks, one mark.
  '',
  ' ',
  '   ',
  '.',
  '?!',
  // Case, contractions, punctuation that tokenises oddly (":" and ":30" have no or strange scores in the vocabulary).
  'DO NOT SHOUT AT ME',
  "It's what they'd've wanted, isn't it?",
  'Note: the meeting is at 10:30, not at 12:00 :) see https://example.org/a/b?c=d#e',
  'snake_case, camelCase, kebab-case and SCREAMING_SNAKE_CASE',
  'npm install --save-dev @types/node@20 && node ./index.js > out.txt 2>&1',
  // Numbers.
  '3.14159265358979',
  'In 1969, 600 million people watched; 12 men walked there, for 80 hours and 26.5 minutes (0.0004%).',
  '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20',
  // Unicode: accents composed and decomposed, full width (NFKC), ligature, other scripts, emoji, unknown runs, control characters.
  'Der Übergang über die Brücke war für naïve Gäste zu kühl.',
  'Cafe\u0301 re\u0301sume\u0301',
  'Ｆｕｌｌ ｗｉｄｔｈ ｔｅｘｔ ① ② ﬁne',
  'Привет, мир! Γειά σου Κόσμε. 你好，世界。こんにちは世界',
  'I love 🍕 and 👩‍👩‍👧‍👦, but not 💣💣💣',
  'line one\nline two\ttabbed\r\nline three',
  'zero\u200bwidth, non\u00a0breaking, soft\u00adhyphen',
  // Repetition.
  'buffalo buffalo buffalo buffalo buffalo buffalo buffalo buffalo',
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'ha '.repeat(60),
  // Ordinary paragraphs.
  'Attention is all you need: the dominant sequence models are based on recurrent or convolutional networks; the Transformer drops both.',
  `${pangrams} ${sentence}.`,
  // Around and past the 128 tokens after which the model stops reading.
  `${sentence}. `.repeat(6).trim(),
  `${sentence}. `.repeat(7).trim(),
  `${pangrams} `.repeat(40).trim(),
];
