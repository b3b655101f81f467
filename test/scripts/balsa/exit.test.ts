import assert from "node:assert/strict";
import * as statuses from "../../../core/journal/status";
import * as reasons from "../../../core/reasons";
import { explanationOf } from "../../../scripts/balsa/exit";
import { adviceOf } from "../../../scripts/cluster/status-words";

function numbersOf(module: object): [string, number][] {
	return Object.entries(module).filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

/** After what happened comes what to do, so there are two parts. */
const TWO_PARTS = /[;:,.] /;

describe("every refusal says what to do next", () => {
	for (const [name, reason] of numbersOf(reasons))
		if (reason !== reasons.DONE)
			it(name, () => {
				assert.notEqual(reasons.reasonName(reason), "UNKNOWN_REASON");
				assert.match(explanationOf(reason) ?? "", TWO_PARTS);
			});

	for (const [name, status] of numbersOf(statuses))
		if (status !== statuses.READY)
			it(`journal: ${name}`, () => {
				assert.equal(statuses.statusName(status), name);
				assert.match(adviceOf(status), TWO_PARTS);
				assert.notEqual(adviceOf(status), adviceOf(9999));
			});
});
