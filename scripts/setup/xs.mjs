/** The XS engine's C sources, from the npm package @agoric/xsnap. */
import { npm, run } from "./run.mjs";
import { pins, vendor } from "./vendor.mjs";

/** build/vendor/xs: sources/, includes/, platforms/, and the package's LICENSE. */
export function setUpXs(context) {
	const { version, sha256 } = pins.xsnap;
	// As a dependency the package would bring 84 others; packed, it is the sources alone.
	return vendor(context, {
		name: "xs",
		title: `XS (@agoric/xsnap ${version})`,
		file: `agoric-xsnap-${version}.tgz`,
		sha256,
		hint: "1 MB",
		fetch: (folder) =>
			run(
				context,
				`fetching XS (@agoric/xsnap ${version})`,
				npm("pack", `@agoric/xsnap@${version}`, "--pack-destination", folder),
			),
		tarArguments: [
			"--transform=s,^package/moddable/xs/,,;s,^package/,,",
			"package/LICENSE",
			"package/moddable/xs/includes",
			"package/moddable/xs/platforms",
			"package/moddable/xs/sources",
		],
	});
}
