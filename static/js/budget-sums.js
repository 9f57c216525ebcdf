/* The totals of a budget while it is typed, in whole minor units (BigInt, never a fraction): the same reading of a cell
   and the same rule as mptf/budgets/grid.py and mptf/core/shares.py, held together by a test on many random budgets. */
(function () {
  "use strict";
  const LARGEST = 10n ** 15n;
  const LONGEST = 60;
  const BASIS_POINTS = 10000n;
  // What Python takes off the ends of a text, which is not quite what a browser's trim() does.
  const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
  const ENDS = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
  const PLAIN = /^-?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)?(?:\.([0-9]+))?$/;

  const add = (amounts) => amounts.reduce((sum, amount) => sum + amount, 0n);

  /* what is written between the spaces, with a hyphen for a minus and no point at its end */
  const written = (text) => text.replace(ENDS, "").replaceAll("\u2212", "-").replace(/\.$/, "");

  /* the minor units of an amount, or null where a text is none; `digits` stand after the point of the currency */
  function amountOf(text, digits) {
    const plain = written(text);
    const found = plain.length <= LONGEST && /[0-9]/.test(plain) ? PLAIN.exec(plain) : null;
    const cents = found && found[1] ? found[1] : "";
    if (!found || cents.length > digits) {
      return null;
    }
    const whole = plain.split(".")[0].replace(/[-,]/g, "") || "0";
    const minor = BigInt(whole) * 10n ** BigInt(digits) + BigInt(cents.padEnd(digits, "0") || "0");
    return minor > LARGEST ? null : (plain.startsWith("-") ? -minor : minor);
  }

  /* what a cell counts, and whether it is empty, no amount, or below 0 */
  function cellOf(text, digits) {
    if (!text.replace(ENDS, "")) {
      return { amount: 0n, problem: "empty" };
    }
    const minor = amountOf(text, digits);
    if (minor === null || minor < 0n) {
      return { amount: 0n, problem: minor === null ? "none" : "negative" };
    }
    return { amount: minor, problem: "" };
  }

  /* an amount given out by the largest remainder, of equal ones to the earlier */
  function apportion(whole, weights) {
    const total = add(weights);
    if (whole === 0n || total === 0n) {
      return weights.map(() => 0n);
    }
    const units = weights.map((weight) => (whole * weight) / total);
    const rests = weights.map((weight, index) => ({ index, rest: (whole * weight) % total }));
    rests.sort((a, b) => (a.rest === b.rest ? a.index - b.index : (a.rest > b.rest ? -1 : 1)));
    for (const { index } of rests.slice(0, Number(whole - add(units)))) {
      units[index] += 1n;
    }
    return units;
  }

  /* the sums of one office; `cells` are its rows by category, each with an amount for every year */
  function sumsOf(cells, basisPoints) {
    const byCategory = cells.map(add);
    const byYear = cells[0].map((_, year) => add(cells.map((row) => row[year])));
    const direct = add(byYear);
    const indirect = (direct * BigInt(basisPoints) * 2n + BASIS_POINTS) / (BASIS_POINTS * 2n); // half-up
    const indirectByYear = apportion(indirect, byYear);
    return { byCategory, byYear, direct, indirect, indirectByYear, totalByYear: byYear.map((one, year) => one + indirectByYear[year]), total: direct + indirect };
  }

  /* the sums of all offices: each is rounded before they are added up */
  function together(offices) {
    const side = (name) => offices[0][name].map((_, index) => add(offices.map((one) => one[name][index])));
    const alone = (name) => add(offices.map((one) => one[name]));
    return {
      byCategory: side("byCategory"), byYear: side("byYear"), direct: alone("direct"), indirect: alone("indirect"),
      indirectByYear: side("indirectByYear"), totalByYear: side("totalByYear"), total: alone("total"),
    };
  }

  /* an amount as people read it: 1,234.50 */
  function inWords(minor, digits) {
    const size = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
    const whole = size.slice(0, size.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
    return `${minor < 0n ? "\u2212" : ""}${whole}${digits ? `.${size.slice(-digits)}` : ""}`;
  }

  globalThis.budgetSums = { amountOf, cellOf, apportion, sumsOf, together, inWords };
}());
