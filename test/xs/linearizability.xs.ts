/** Histories inside XS: the same verdicts in the same words as on V8. */
import { DIGEST_OF_VERDICTS, digestOfVerdicts } from "../sim/verdicts";
import { describe, equal, it } from "./harness";

describe("the linearizability checker", () => {
	it("judges as on V8, and as its twin", () => equal(digestOfVerdicts(), DIGEST_OF_VERDICTS));
});
