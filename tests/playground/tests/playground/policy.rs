//! The Content-Security-Policy is in force, and the page works without anything else.

use playground_tests::Playground;

use crate::page::PLACES;

/// Things that a script could bring in, each of which sets `globalThis.injected` if the policy lets it.
const INJECTIONS: [(&str, &str); 6] = [
    (
        "an inline script",
        "const script = document.createElement('script');
         script.textContent = 'globalThis.injected = true';
         document.head.append(script);",
    ),
    (
        "an inline handler",
        "const image = document.createElement('p'); image.setAttribute('onclick', 'globalThis.injected = true'); document.body.append(image); image.click(); image.remove();",
    ),
    (
        "evaluated text",
        "try { globalThis.injected = eval('true') } catch {}",
    ),
    (
        "a script of another kind",
        "const script = document.createElement('script'); script.src = 'data:text/javascript,globalThis.injected=true'; document.head.append(script);",
    ),
    (
        "a request",
        "await fetch('data:text/plain,a').then(() => { globalThis.injected = true }, () => {});",
    ),
    (
        "a frame",
        "const frame = document.createElement('iframe'); frame.src = 'data:text/html,a'; const loaded = new Promise((done) => { frame.onload = done; setTimeout(done, 1000) }); document.body.append(frame); await loaded; frame.remove();",
    ),
];

#[test]
fn nothing_runs_but_the_scripts_of_the_page() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        playground.assert_clean(&mut page, place);
        for (what, script) in INJECTIONS {
            page.forget();
            page.evaluate(&format!(
                "(async () => {{ {script}; await new Promise((done) => setTimeout(done, 50)); }})()"
            ));
            assert_ne!(page.evaluate("globalThis.injected"), true, "{what} ran");
            // `eval` throws instead.
            let problems = page.problems();
            let refused = problems
                .iter()
                .any(|problem| problem.contains("Content Security Policy"));
            assert!(refused || what == "evaluated text", "{what}: {problems:#?}");
        }
    }
}

#[test]
fn the_policy_allows_no_more_than_the_page_needs() {
    let Some(playground) = Playground::find() else {
        return;
    };
    for place in PLACES {
        let mut page = playground.open(place, "");
        let policy = page.attribute("head meta[http-equiv='Content-Security-Policy']", "content");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"),
            "{policy}"
        );
        for word in [
            "'unsafe-inline'",
            "'unsafe-eval'",
            "http:",
            "https:",
            "*",
            "connect-src",
            "blob:",
        ] {
            assert!(
                !policy.split([' ', ';']).any(|part| part == word),
                "{policy}"
            );
        }
        // It comes before anything that it could not stop any more.
        assert_eq!(page.evaluate("[...document.head.children].slice(0, 2).some((child) => child.httpEquiv === 'Content-Security-Policy')"), true);
        playground.assert_clean(&mut page, place);
    }
}
