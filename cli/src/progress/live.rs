//! The live display: a spinner a step while a job runs, plain lines once it is over.

use std::io;
use std::time::Duration;

use anstyle::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tempus_api::shape::{JobView, StepView};
use tempus_engine::{Clock, SystemClock};
use tempus_model::{JobId, Timestamp};

use super::words;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(100);

pub(super) struct Live {
    bars: MultiProgress,
    /// False if `NO_COLOR` or the like is set.
    colours: bool,
    head: Option<ProgressBar>,
    steps: Vec<(String, ProgressBar)>,
    /// The last job that was shown for good.
    ended: Option<JobId>,
}

impl Live {
    pub(super) fn new(bars: MultiProgress) -> Self {
        let choice = anstream::AutoStream::choice(&io::stderr());
        Self {
            bars,
            colours: choice != anstream::ColorChoice::Never,
            head: None,
            steps: Vec::new(),
            ended: None,
        }
    }

    pub(super) fn bars(&self) -> MultiProgress {
        self.bars.clone()
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        // Above what is live, so that it stays where it is when that goes.
        if self.colours {
            return self.bars.println(text);
        }
        self.bars
            .println(anstream::adapter::strip_str(text).to_string())
    }

    pub(super) fn waiting(&mut self, text: &str) {
        self.head().set_message(text.to_owned());
    }

    pub(super) fn idle(&mut self) -> io::Result<()> {
        self.head = None;
        self.steps.clear();
        self.bars.clear()
    }

    pub(super) fn show(&mut self, job: &JobView) -> io::Result<()> {
        if self.ended == Some(job.job_id) {
            return Ok(());
        }
        let now = SystemClock.now();
        if job.status.is_final() {
            return self.end(job, now);
        }
        self.head().set_message(words::outcome(job));
        for step in &job.steps {
            let text = line(step, now);
            self.bar(&step.step).set_message(text);
        }
        Ok(())
    }

    fn end(&mut self, job: &JobView, now: Timestamp) -> io::Result<()> {
        self.ended = Some(job.job_id);
        self.idle()?;
        for step in &job.steps {
            let (mark, style) = words::mark(step.state);
            let style = if self.colours { style } else { Style::new() };
            let text = format!("  {style}{mark}{style:#} {}", line(step, now));
            self.bars.println(text)?;
        }
        self.bars.println(words::outcome(job))
    }

    fn head(&mut self) -> &ProgressBar {
        let bars = &self.bars;
        self.head.get_or_insert_with(|| {
            let bar = bars.insert(0, spinner("{spinner:.cyan} {wide_msg}"));
            // Not before it belongs to the display: it would draw beside it.
            bar.enable_steady_tick(TICK);
            bar
        })
    }

    fn bar(&mut self, step: &str) -> &ProgressBar {
        let at = self.steps.iter().position(|(name, _)| name == step);
        let at = at.unwrap_or_else(|| {
            let bar = self.bars.add(spinner("  {spinner:.cyan} {wide_msg}"));
            bar.enable_steady_tick(TICK);
            self.steps.push((step.to_owned(), bar));
            self.steps.len() - 1
        });
        &self.steps[at].1
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // An interrupted display would leave half a line behind.
        let _ = self.bars.clear();
    }
}

fn line(step: &StepView, now: Timestamp) -> String {
    let text = format!(
        "{:<28} {:<8} {:>6}  {}",
        crate::output::clean(&step.step),
        words::state(step.state),
        words::time(step, now),
        words::remark(step, now)
    );
    text.trim_end().to_owned()
}

fn spinner(template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ");
    ProgressBar::new_spinner().with_style(style)
}
