// A function from a PNG file to one with a palette, both in base64. Pictures of pages have few colours beside the shades at the
// edges of letters, so that this loses next to nothing and more than halves the size.
async (file) => {
    const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = new DataView(context.getImageData(0, 0, width, height).data.buffer);
    const color = (index) => pixels.getUint32(index * 4) >>> 8;

    // Colours with the same first bits become one: the most frequent of them.
    const shades = (bits) => {
        const counts = new Map();
        for (let index = 0; index < width * height; index += 1) counts.set(color(index), (counts.get(color(index)) ?? 0) + 1);
        const kept = [16, 8, 0].map((shift) => ((0xff << (8 - bits)) & 0xff) << shift).reduce((all, some) => all | some);
        const best = new Map();
        for (const [shade, count] of [...counts].sort(([, one], [, two]) => two - one)) {
            if (!best.has(shade & kept)) best.set(shade & kept, shade);
        }
        return { kept, groups: [...best.keys()], palette: [...best.values()] };
    };
    const { kept, groups, palette } = [5, 4, 3, 2].map(shades).find(({ palette }) => palette.length <= 256);

    // Rows of places in the palette, each after a byte that says that it is not filtered.
    const places = new Map(groups.map((group, place) => [group, place]));
    const rows = new Uint8Array((width + 1) * height);
    for (let index = 0; index < width * height; index += 1) {
        rows[index + Math.floor(index / width) + 1] = places.get(color(index) & kept);
    }
    const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));

    // The chunks of a PNG file: length, name, data, and the checksum of the latter two.
    const checksum = (data) => {
        let sum = -1;
        for (const byte of data) {
            sum ^= byte;
            for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
        }
        return ~sum >>> 0;
    };
    const number = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    const chunk = (name, data) => {
        const named = [...new TextEncoder().encode(name), ...data];
        return [...number(data.length), ...named, ...number(checksum(named))];
    };
    const png = [
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a,
        ...chunk("IHDR", [...number(width), ...number(height), 8, 3, 0, 0, 0]),
        ...chunk("PLTE", palette.flatMap((shade) => number(shade).slice(1))),
        ...chunk("IDAT", [...new Uint8Array(await new Response(packed).arrayBuffer())]),
        ...chunk("IEND", []),
    ];
    return btoa(png.map((byte) => String.fromCharCode(byte)).join(""));
}
