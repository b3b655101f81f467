import assert from "node:assert/strict";
import { BadBuildValue, firstBoot } from "../../../firmware/esp32/first-boot";

describe("what a build brings along for the first boot", () => {
	it("is nothing, when the build said nothing", () =>
		assert.deepEqual(firstBoot({ file: { root: "/" } }), {
			ssid: "",
			password: "",
			cluster: "",
			members: "",
			node: "auto",
		}));
	it("is text, as mcconfig gives it", () =>
		assert.equal(firstBoot({ node: "3", cluster: "00ff00ff12345678" }).node, "3"));
	for (const value of [3, true, null, {}])
		it(`is never ${JSON.stringify(value)}`, () => assert.throws(() => firstBoot({ node: value }), BadBuildValue));
});
