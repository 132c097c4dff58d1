//! What a template may be made of, found out before it is ever run.
//!
//! Every name has a kind, so that lists and tags never become values: nothing can be nested in itself, and a comparison or
//! a text never walks more than one value.

use super::TemplateError;
use super::words::{FILTERS, TESTS};
use crate::tag::attribute::Attribute;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt, UnaryOpKind};
use std::collections::HashMap;

/// Of one point: they make the template one for a message of one tag and attribute.
const OF_ONE: [&str; 10] =
    ["value", "quality", "reason", "timestamp", "timestamp_ms", "unit", "tag", "group", "name", "attribute"];
/// Of the message.
const OF_ALL: [&str; 3] = ["appliance", "now", "now_ms"];
/// What a tag has beside its attributes.
const OF_TAG: [&str; 4] = ["tag", "group", "name", "timestamp_ms"];
const OF_LOOP: [&str; 5] = ["index", "index0", "first", "last", "length"];

/// Of a command that came in, and of its answer.
const OF_COMMAND: [&str; 3] = ["appliance", "payload", "topic"];
const OF_ANSWER: [&str; 6] = ["tag", "attribute", "id", "ok", "value", "error"];

/// What a template is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A message of a publication.
    Message,
    /// What a command means.
    Command,
    /// The answer to a command.
    Answer,
}

/// What the check found out.
pub(super) struct Checked {
    pub(super) about_one: bool,
}

/// What an expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number, a text, true, false, none.
    Plain,
    /// The tags of the message.
    Tags,
    /// One of them.
    Tag,
    /// `loop`.
    Loop,
    /// The payload of a command, or a part of it: a value where that is one.
    Json,
}

type Answer<T> = Result<T, TemplateError>;

pub(super) fn check(tree: &Stmt<'_>, purpose: Purpose) -> Answer<Checked> {
    let mut checker = Checker { scopes: vec![HashMap::new()], about_one: false, purpose };
    checker.statement(tree)?;
    Ok(Checked { about_one: checker.about_one })
}

struct Checker<'a> {
    /// Names given within the template, the innermost last.
    scopes: Vec<HashMap<&'a str, Kind>>,
    about_one: bool,
    purpose: Purpose,
}

fn wrong<T>(span: Span, what: impl Into<String>) -> Answer<T> {
    Err(TemplateError {
        line: usize::from(span.start_line),
        column: usize::from(span.start_col) + 1,
        what: what.into(),
    })
}

impl<'a> Checker<'a> {
    fn statements(&mut self, list: &[Stmt<'a>]) -> Answer<()> {
        list.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'a>) -> Answer<()> {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => Ok(()),
            Stmt::EmitExpr(emit) => self.plain(&emit.expr),
            Stmt::IfCond(cond) => {
                self.truth(&cond.expr)?;
                self.statements(&cond.true_body)?;
                self.statements(&cond.false_body)
            }
            Stmt::Set(set) => {
                self.plain(&set.expr)?;
                self.give(&set.target, Kind::Plain)
            }
            Stmt::ForLoop(each) => {
                if each.recursive || self.kind(&each.iter)? != Kind::Tags {
                    return wrong(each.iter.span(), "`for` goes through `tags` and nothing else");
                }
                self.scopes.push(HashMap::new());
                self.give(&each.target, Kind::Tag)?;
                if let Some(filter) = &each.filter_expr {
                    self.truth(filter)?;
                }
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert("loop", Kind::Loop);
                }
                self.statements(&each.body)?;
                self.scopes.pop();
                self.statements(&each.else_body)
            }
            Stmt::WithBlock(other) => not_here(other.span()),
            Stmt::SetBlock(other) => not_here(other.span()),
            Stmt::AutoEscape(other) => not_here(other.span()),
            Stmt::FilterBlock(other) => not_here(other.span()),
            Stmt::Do(other) => not_here(other.span()),
        }
    }

    /// Gives a name.
    fn give(&mut self, target: &Expr<'a>, kind: Kind) -> Answer<()> {
        match target {
            Expr::Var(name) if !is_ours(name.id) => {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(name.id, kind);
                }
                Ok(())
            }
            Expr::Var(name) => wrong(name.span(), format!("`{}` has a meaning here: take another name", name.id)),
            other => wrong(other.span(), "one name is given at a time"),
        }
    }

    /// An expression that must be one value.
    fn plain(&mut self, expr: &Expr<'a>) -> Answer<()> {
        match self.kind(expr)? {
            // Whether a part of a payload is one value is seen when it is there.
            Kind::Plain | Kind::Json => Ok(()),
            Kind::Tags => wrong(
                expr.span(),
                "`tags` is a list: go through it with `for`, or name one as in `tags[\"oven/temperature\"]`",
            ),
            Kind::Tag => wrong(expr.span(), "a tag has many values: name one, as in `t.value`"),
            Kind::Loop => wrong(expr.span(), "`loop` has many values: name one, as in `loop.index`"),
        }
    }

    /// An expression that is asked whether it is true; of tags, whether there are any.
    fn truth(&mut self, expr: &Expr<'a>) -> Answer<()> {
        if self.kind(expr)? == Kind::Tags { Ok(()) } else { self.plain(expr) }
    }

    fn maybe(&mut self, expr: Option<&Expr<'a>>) -> Answer<()> {
        expr.map_or(Ok(()), |expr| self.plain(expr))
    }

    fn kind(&mut self, expr: &Expr<'a>) -> Answer<Kind> {
        match expr {
            Expr::Var(name) => return self.name(name.id, name.span()),
            Expr::Const(constant) if constant.value.as_object().is_some() => return not_here(constant.span()),
            Expr::Const(_) => (),
            Expr::UnaryOp(op) => match op.op {
                UnaryOpKind::Not => self.truth(&op.expr)?,
                UnaryOpKind::Neg => self.plain(&op.expr)?,
            },
            Expr::BinOp(op) => {
                if matches!(op.op, BinOpKind::Pow) {
                    return wrong(op.span(), "`**` is not available in payloads");
                }
                self.plain(&op.left)?;
                self.plain(&op.right)?;
            }
            Expr::Compare(compare) => {
                self.plain(&compare.expr)?;
                compare.ops.iter().try_for_each(|op| self.plain(&op.expr))?;
            }
            Expr::IfExpr(choice) => {
                self.truth(&choice.test_expr)?;
                self.plain(&choice.true_expr)?;
                self.maybe(choice.false_expr.as_ref())?;
            }
            Expr::Slice(slice) => {
                let kind = self.kind(&slice.expr)?;
                if kind == Kind::Json {
                    return not_here(slice.span());
                }
                if kind != Kind::Tags {
                    self.plain(&slice.expr)?;
                }
                for bound in [&slice.start, &slice.stop, &slice.step] {
                    self.maybe(bound.as_ref())?;
                }
                return Ok(kind);
            }
            Expr::Filter(filter) => {
                let Some(inner) = &filter.expr else { return not_here(filter.span()) };
                let of_tags = self.kind(inner)? == Kind::Tags;
                if !(of_tags && filter.name == "length") {
                    self.plain(inner)?;
                }
                self.arguments(&filter.args)?;
                if !FILTERS.contains(&filter.name) {
                    return wrong(
                        filter.span(),
                        format!("there is no filter `{}`; there are {}", filter.name, listed(&FILTERS)),
                    );
                }
            }
            Expr::Test(test) => {
                self.plain(&test.expr)?;
                self.arguments(&test.args)?;
                if !TESTS.contains(&test.name) {
                    return wrong(
                        test.span(),
                        format!("there is no test `{}`; there are {}", test.name, listed(&TESTS)),
                    );
                }
            }
            Expr::GetAttr(get) => return member(self.kind(&get.expr)?, get.name, get.span()),
            Expr::GetItem(get) => {
                let kind = self.kind(&get.expr)?;
                self.plain(&get.subscript_expr)?;
                return match (kind, &get.subscript_expr) {
                    (Kind::Tags, _) => Ok(Kind::Tag),
                    (Kind::Json, _) => Ok(Kind::Json),
                    (kind, Expr::Const(name)) if let Some(name) = name.value.as_str() => member(kind, name, get.span()),
                    _ => wrong(get.span(), "in `[...]` stands the name or the number of a tag in `tags`"),
                };
            }
            Expr::Call(call) => return wrong(call.span(), "there is nothing to call in a payload"),
            Expr::List(other) => return not_here(other.span()),
            Expr::Tuple(other) => return not_here(other.span()),
            Expr::Map(other) => return not_here(other.span()),
        }
        Ok(Kind::Plain)
    }

    fn arguments(&mut self, arguments: &[CallArg<'a>]) -> Answer<()> {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(expr) => self.plain(expr),
            CallArg::Kwarg(_, expr) | CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => not_here(expr.span()),
        })
    }

    fn name(&mut self, name: &str, span: Span) -> Answer<Kind> {
        if let Some(kind) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return Ok(*kind);
        }
        if self.purpose != Purpose::Message {
            let answer = self.purpose == Purpose::Answer;
            return match name {
                "payload" | "topic" => Ok(Kind::Json),
                _ if OF_COMMAND.contains(&name) || (answer && OF_ANSWER.contains(&name)) => Ok(Kind::Plain),
                _ => {
                    let more = if answer { OF_ANSWER.as_slice() } else { &[] };
                    let all: Vec<&str> = OF_COMMAND.iter().chain(more).copied().collect();
                    wrong(span, format!("there is no value `{}`; there are {}", shown(name), listed(&all)))
                }
            };
        }
        match name {
            "tags" => Ok(Kind::Tags),
            _ if OF_ALL.contains(&name) => Ok(Kind::Plain),
            _ if OF_ONE.contains(&name) => {
                self.about_one = true;
                Ok(Kind::Plain)
            }
            _ => {
                let all: Vec<&str> = OF_ONE.into_iter().chain(OF_ALL).chain(["tags"]).collect();
                wrong(span, format!("there is no value `{}`; there are {}", shown(name), listed(&all)))
            }
        }
    }
}

/// A member of something of this kind.
fn member(kind: Kind, name: &str, span: Span) -> Answer<Kind> {
    let known = match kind {
        Kind::Tag => OF_TAG.contains(&name) || Attribute::parse(name).is_some(),
        Kind::Loop => OF_LOOP.contains(&name),
        Kind::Json => return Ok(Kind::Json),
        Kind::Plain | Kind::Tags => false,
    };
    match kind {
        _ if known => Ok(Kind::Plain),
        Kind::Tag => {
            wrong(span, format!("a tag has no `{}`; it has its attributes, and {}", shown(name), listed(&OF_TAG)))
        }
        Kind::Loop => wrong(span, format!("`loop` has no `{}`; it has {}", shown(name), listed(&OF_LOOP))),
        Kind::Tags => wrong(span, "a tag in `tags` is found by its full name, as in `tags[\"oven/temperature\"]`"),
        Kind::Plain | Kind::Json => wrong(span, "a value has no members; those of a tag are found in `tags`"),
    }
}

fn is_ours(name: &str) -> bool {
    OF_ONE.contains(&name) || OF_ALL.contains(&name) || matches!(name, "tags" | "loop")
}

fn not_here<T>(span: Span) -> Answer<T> {
    wrong(span, "this is not available in payloads; there are `{{ }}`, `if`, `for` and `set`")
}

/// A name in a sentence, cut so that it stays one.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
