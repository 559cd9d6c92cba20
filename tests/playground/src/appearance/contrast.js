// The value is a line for each text whose contrast is too low.
(() => {
    const problems = [];
    // Any colour that CSS knows becomes red, green, blue and opacity by painting it.
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const parse = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
        return { channels: [red, green, blue], alpha: alpha / 255 };
    };
    const over = (front, alpha, back) => front.map((channel, i) => channel * alpha + back[i] * (1 - alpha));
    const luminance = (channels) => {
        const linear = channels.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const opacity = (element) => {
        let product = 1;
        for (let at = element; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
        return product;
    };
    const inSvg = (element) => element instanceof SVGElement && !(element instanceof SVGSVGElement);
    // What an element paints behind its content.
    const ground = (element) => {
        const style = getComputedStyle(element);
        if (!inSvg(element)) {
            if (style.backgroundImage !== "none") problems.push(`cannot measure over an image: ${element.tagName}`);
            return parse(style.backgroundColor);
        }
        if (element instanceof SVGTextContentElement || style.fill === "none") return { channels: [0, 0, 0], alpha: 0 };
        const fill = parse(style.fill);
        return { ...fill, alpha: fill.alpha * Number(style.fillOpacity) };
    };

    // Decorations that let the mouse through must be found as well.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { pointer-events: auto !important; }");
    document.adoptedStyleSheets.push(sheet);
    // Under everything lies the ground that the browser chose for the theme.
    const probe = document.body.appendChild(document.createElement("div"));
    probe.style.backgroundColor = "Canvas";
    const paper = parse(getComputedStyle(probe).backgroundColor).channels;
    probe.remove();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let measured = 0;
    while (texts.nextNode()) {
        const text = texts.currentNode;
        const element = text.parentElement;
        if (!text.data.trim() || !element.checkVisibility({ visibilityProperty: true }) || element.closest(":disabled, [aria-disabled=true]")) continue;
        // Find the middle of the first line, if anything of it is shown.
        element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
        const range = document.createRange();
        range.selectNodeContents(text);
        const box = range.getClientRects()[0];
        if (!box || box.width <= 1 || box.height <= 1) continue;
        const stack = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const start = stack.indexOf(element);
        if (start < 0) continue;
        // Paint everything behind the text from the back to the front, and the text over it.
        let behind = paper;
        for (const layer of stack.slice(start).reverse()) {
            const { channels, alpha } = ground(layer);
            behind = over(channels, alpha * opacity(layer), behind);
        }
        const style = getComputedStyle(element);
        const { channels, alpha } = parse(inSvg(element) ? style.fill : style.color);
        const front = over(channels, alpha * opacity(element), behind);
        const [light, dark] = [luminance(front), luminance(behind)].sort((a, b) => b - a);
        const contrast = (light + 0.05) / (dark + 0.05);
        const size = Number.parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        measured += 1;
        if (contrast < (large ? 3 : 4.5)) problems.push(`${contrast.toFixed(2)} to 1: ${text.data.trim().slice(0, 60)}`);
    }
    document.adoptedStyleSheets.pop();
    scrollTo(0, 0);
    if (measured === 0) problems.push("no text was measured");
    return problems;
})();
