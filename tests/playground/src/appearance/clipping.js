// The value is a line for each thing that is wider than the tab or cut off.
(() => {
    const problems = [];
    const name = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 120);
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth) problems.push(`the page scrolls sideways: ${page.scrollWidth} pixels`);
    const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    for (const element of document.body.querySelectorAll("*")) {
        if (!element.checkVisibility({ visibilityProperty: true })) continue;
        const box = element.getBoundingClientRect();
        // Texts for screen readers alone are a pixel or less.
        if (box.width <= 1 || box.height <= 1) continue;
        const style = getComputedStyle(element);
        // A reader reaches what lies in a box that scrolls, if the keyboard reaches the box.
        let scroller = element.parentElement;
        while (scroller && !scrolls(scroller)) scroller = scroller.parentElement;
        if (!scroller && (box.right > innerWidth + 1 || box.left < -1)) problems.push(`reaches out of the tab: ${name(element)}`);
        if (scrolls(element) && element.scrollWidth > element.clientWidth + 1 && element.tabIndex < 0 && !element.querySelector("a, button, input, [tabindex]")) {
            problems.push(`scrolls, but not by keyboard: ${name(element)}`);
        }
        // Text must fit into its box, unless the box scrolls or is a field.
        const hides = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
        const over = element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1;
        if (hides && over && element.clientWidth > 1 && !element.matches("input, select, textarea, svg, svg *")) problems.push(`cuts its content off: ${name(element)}`);
    }
    // The labels of a drawing must lie inside it.
    for (const text of document.querySelectorAll("svg text")) {
        if (!text.checkVisibility({ visibilityProperty: true })) continue;
        const [inner, outer] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
        if (inner.right > outer.right + 1 || inner.left < outer.left - 1 || inner.bottom > outer.bottom + 1 || inner.top < outer.top - 1) {
            problems.push(`a label leaves its drawing: ${text.textContent}`);
        }
    }
    return problems;
})();
