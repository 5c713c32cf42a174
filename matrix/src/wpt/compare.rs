//! Compares the results of tests with what is expected of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use super::expected::{Expected, Exported, Test};

/// The results of one page.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Page {
    #[serde(rename = "page")]
    url: String,
    /// Of the page itself: 0 if all of its tests ran.
    status: u32,
    message: Option<String>,
    results: Vec<TestResult>,
}

#[derive(Clone, Debug, Deserialize)]
struct TestResult {
    name: String,
    passed: bool,
    message: Option<String>,
}

/// The results of all pages that ran, by their URLs.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<String, Page>);

impl Results {
    pub(super) fn add(&mut self, page: Page) {
        self.0.insert(page.url.clone(), page);
    }

    /// Results of pages that ran again replace the earlier ones.
    pub(super) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// How many tests pass and fail.
    pub(super) fn summary(&self, exported: &Exported, expected: &Expected) -> String {
        let count = |is: &dyn Fn(&Test) -> bool| exported.0.iter().filter(|test| is(test)).count();
        let fail = count(&|test| self.outcome(test) == Outcome::Fails);
        let pass = count(&|test| self.outcome(test) == Outcome::Passes);
        let accepted = count(&|test| expected.accepted.contains(&test.id));
        format!(
            "{pass} vectors and scenarios pass, {fail} fail; \
             {accepted} of the former deviate where the standard leaves it open"
        )
    }

    /// A vector fails if it fails in one of its cuts.
    fn outcome(&self, test: &Test) -> Outcome {
        let pages = test.pages.iter().map(|page| self.result(page, &test.id));
        let pages: Option<Vec<&TestResult>> = pages.collect();
        match pages {
            None => Outcome::Missing,
            Some(results) if results.iter().all(|result| result.passed) => Outcome::Passes,
            Some(_) => Outcome::Fails,
        }
    }

    fn result(&self, page: &str, id: &str) -> Option<&TestResult> {
        let mut results = self.0.get(page)?.results.iter();
        results.find(|result| result.name == id)
    }

    /// The pages on which a test fails, and why.
    fn failures(&self, test: &Test) -> String {
        let failures = test.pages.iter().filter_map(|page| {
            let result = self.result(page, &test.id)?;
            let message = result.message.as_deref().unwrap_or_default();
            (!result.passed).then(|| format!("  {page}: {message}\n"))
        });
        failures.collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passes,
    Fails,
    /// There is no result of one of its pages.
    Missing,
}

/// What is not as expected. Shown as a few lines for each.
#[derive(Debug, Default)]
pub(super) struct Unexpected {
    pages: BTreeSet<String>,
    lines: Vec<String>,
}

impl Unexpected {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The pages that have an unexpected result.
    pub(super) fn pages(&self) -> Vec<&str> {
        self.pages.iter().map(String::as_str).collect()
    }

    fn add<'p>(&mut self, pages: impl IntoIterator<Item = &'p String>, line: String) {
        self.pages.extend(pages.into_iter().cloned());
        self.lines.push(line);
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| f.write_str(line))
    }
}

/// What is not as expected: a page that did not end in order, or a test that fails, passes or does
/// not run although it should not.
pub(super) fn compare(exported: &Exported, expected: &Expected, results: &Results) -> Unexpected {
    let mut unexpected = Unexpected::default();
    for page in results.0.values().filter(|page| page.status != 0) {
        let message = page.message.as_deref().unwrap_or_default();
        let line = format!(
            "UNEXPECTED {}: status {}: {message}\n",
            page.url, page.status
        );
        unexpected.add([&page.url], line);
    }
    for test in &exported.0 {
        let id = &test.id;
        let line = match (results.outcome(test), expected.fail.contains(id)) {
            (Outcome::Passes, false) | (Outcome::Fails, true) => continue,
            (Outcome::Passes, true) => format!("UNEXPECTED {id}: passes, and should fail\n"),
            (Outcome::Fails, false) => {
                format!("UNEXPECTED {id}: fails\n{}", results.failures(test))
            }
            (Outcome::Missing, _) => format!("UNEXPECTED {id}: it did not run\n"),
        };
        unexpected.add(&test.pages, line);
    }
    unexpected
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exported() -> Exported {
        let test = |id: &str, pages: &[&str]| Test {
            id: id.to_owned(),
            pages: pages.iter().map(ToString::to_string).collect(),
        };
        Exported(vec![
            test("right", &["/a", "/b"]),
            test("wrong", &["/a", "/b"]),
        ])
    }

    /// `passed` of each test on the page.
    fn page(url: &str, status: u32, right: bool, wrong: bool) -> Page {
        serde_json::from_value(
            json!({"page": url, "status": status, "message": null, "results": [
                {"name": "right", "passed": right, "message": "m"},
                {"name": "wrong", "passed": wrong, "message": "m"},
            ]}),
        )
        .unwrap()
    }

    fn lines(pages: &[Page]) -> (String, Vec<String>) {
        let fail = BTreeSet::from(["wrong".to_owned()]);
        let expected = Expected {
            fail,
            ..Expected::default()
        };
        let mut results = Results::default();
        for page in pages {
            results.add(page.clone());
        }
        let unexpected = compare(&exported(), &expected, &results);
        let pages = unexpected.pages();
        let pages = pages.into_iter().map(str::to_owned).collect();
        (unexpected.to_string(), pages)
    }

    #[test]
    fn a_test_must_fail_on_one_of_its_pages_or_pass_on_all() {
        let good = page("/a", 0, true, true);
        for (second, expected) in [
            (page("/b", 0, true, false), ""),
            (
                page("/b", 0, true, true),
                "UNEXPECTED wrong: passes, and should fail\n",
            ),
            (
                page("/b", 0, false, false),
                "UNEXPECTED right: fails\n  /b: m\n",
            ),
            (page("/b", 2, true, false), "UNEXPECTED /b: status 2: \n"),
        ] {
            let (lines, pages) = lines(&[good.clone(), second]);
            assert_eq!(lines, expected);
            assert_eq!(pages.is_empty(), expected.is_empty());
        }
    }

    #[test]
    fn a_test_that_did_not_run_is_unexpected_on_all_of_its_pages() {
        let (lines, pages) = lines(&[page("/a", 0, true, false)]);
        let expected = "UNEXPECTED right: it did not run\nUNEXPECTED wrong: it did not run\n";
        assert_eq!(lines, expected);
        assert_eq!(pages, ["/a", "/b"]);
    }
}
