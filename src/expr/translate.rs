//! From CEL's tree to ours. What cannot be used is refused here, at its place.

use super::error::ExpressionError;
use super::functions::Function;
use super::tree::{Form, Link, Node, Operator, Val};
use super::{MAX_CHARACTERS, MAX_DEPTH, MAX_POINTS, MAX_TEXT, Point};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, ListExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::parser::Parser;

type Parsed<T> = Result<T, ExpressionError>;

pub(super) fn translate(text: &str) -> Parsed<(Vec<Point>, Node)> {
    if MAX_CHARACTERS < text.chars().count() {
        let sentence = format!("an expression has at most {MAX_CHARACTERS} characters");
        return Err(ExpressionError::new(MAX_CHARACTERS + 1, sentence));
    }
    if text.trim().is_empty() {
        return Err(ExpressionError::new(1, "the expression is empty"));
    }
    let parser = Parser::new().max_recursion_depth(MAX_DEPTH);
    let (tree, info) =
        parser.parse_with_source_info(text).map_err(|errors| ExpressionError::of_parser(text, &errors))?;
    let mut translation = Translation { text, info, points: Vec::new() };
    let root = translation.node(&tree, 0)?;
    Ok((translation.points, root))
}

struct Translation<'t> {
    text: &'t str,
    info: SourceInfo,
    points: Vec<Point>,
}

impl Translation<'_> {
    /// The character a part stands at, from 1. The parser counts bytes.
    fn place(&self, id: u64) -> usize {
        let offset = self.info.offset_for(id).and_then(|(start, _)| usize::try_from(start).ok()).unwrap_or(0);
        self.text.char_indices().take_while(|(at, _)| *at < offset).count() + 1
    }

    fn refuse<T>(&self, expr: &IdedExpr, sentence: impl Into<String>) -> Parsed<T> {
        Err(ExpressionError::new(self.first_place(expr), sentence))
    }

    /// Where a part begins: that of an operator is where its left side does.
    fn first_place(&self, expr: &IdedExpr) -> usize {
        let mut at = expr;
        loop {
            at = match &at.expr {
                Expr::Select(select) => &select.operand,
                Expr::Call(CallExpr { target: Some(target), .. }) => target,
                Expr::Call(CallExpr { func_name, args, .. })
                    if func_name.starts_with('_') || func_name == operators::IN =>
                {
                    let Some(left) = args.first() else { return self.place(at.id) };
                    left
                }
                // The parser has a call stand at its parenthesis.
                Expr::Call(CallExpr { func_name, .. }) if func_name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                    return self.place(at.id).saturating_sub(func_name.len()).max(1);
                }
                _ => return self.place(at.id),
            };
        }
    }

    fn node(&mut self, expr: &IdedExpr, depth: u16) -> Parsed<Node> {
        // Chains of methods and the like are not nesting to the parser, but they are here.
        if MAX_DEPTH * 2 < depth {
            return self.refuse(expr, "it is nested too deeply");
        }
        let place = self.first_place(expr);
        let form = match &expr.expr {
            Expr::Literal(literal) => Form::Constant(self.constant(literal, expr)?),
            Expr::Select(select) => self.short_form(select, expr)?,
            Expr::Call(call) => self.call(call, expr, depth)?,
            Expr::Ident(name) => return self.lonely(name, expr),
            Expr::List(_) => return self.refuse(expr, "a list stands only behind `in`"),
            Expr::Comprehension(_) => {
                return self
                    .refuse(expr, "`all`, `exists`, `map` and `filter` are not available: an expression has no loops");
            }
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                return self.refuse(expr, "this form of CEL is not available here");
            }
        };
        Ok(Node { place, form })
    }

    /// A name without a group. Behind it is often a tag with a hyphen, which reads as a subtraction.
    fn lonely<T>(&self, name: &str, expr: &IdedExpr) -> Parsed<T> {
        self.refuse(
            expr,
            format!("`{name}` is not a tag: write `group.name`, or `tag(\"group/name\")` where a name has a hyphen"),
        )
    }

    #[allow(clippy::cast_precision_loss)] // All numbers are doubles, literals too; the module says so.
    fn constant(&self, literal: &LiteralValue, expr: &IdedExpr) -> Parsed<Val> {
        match literal {
            LiteralValue::Boolean(on) => Ok(Val::Bool(*on.inner())),
            LiteralValue::Double(x) => Ok(Val::Number(*x.inner())),
            LiteralValue::Int(n) => Ok(Val::Number(*n.inner() as f64)),
            LiteralValue::UInt(n) => Ok(Val::Number(*n.inner() as f64)),
            LiteralValue::Null => Ok(Val::Null),
            LiteralValue::String(text) if text.inner().len() <= MAX_TEXT => Ok(Val::Text(text.inner().into())),
            LiteralValue::String(_) => self.refuse(expr, format!("a text has at most {MAX_TEXT} bytes")),
            LiteralValue::Bytes(_) => self.refuse(expr, "this form of CEL is not available here"),
        }
    }

    /// `group.name`, `group.name.attribute`.
    fn short_form(&mut self, select: &SelectExpr, expr: &IdedExpr) -> Parsed<Form> {
        if select.test {
            return self.refuse(expr, "`has` is not available: ask for the attribute `quality`");
        }
        let (group, name, attribute) = match &select.operand.expr {
            Expr::Ident(group) => (group, &select.field, None),
            Expr::Select(SelectExpr { operand, field, test: false }) => match &operand.expr {
                Expr::Ident(group) => (group, field, Some(&select.field)),
                _ => return self.refuse(expr, "a point is `group.name` or `group.name.attribute`"),
            },
            _ => return self.refuse(expr, "a point is `group.name` or `group.name.attribute`"),
        };
        let Ok(tag) = TagName::join(group, name) else {
            return self.refuse(expr, format!("`{group}.{name}` is not the name of a tag"));
        };
        self.point(tag, attribute.map(String::as_str), expr)
    }

    fn point(&mut self, tag: TagName, attribute: Option<&str>, expr: &IdedExpr) -> Parsed<Form> {
        let word = attribute.unwrap_or(Attribute::Value.as_str());
        let Some(attribute) = Attribute::parse(word) else {
            return self.refuse(expr, format!("`{word}` is not an attribute"));
        };
        if attribute.is_command() {
            return self.refuse(expr, format!("`{word}` is a command: it is written, never read"));
        }
        if attribute == Attribute::AgeMs {
            // An expression is worked out when its points change, and this one never stops changing.
            return self.refuse(expr, "`age_ms` changes all the time by itself: ask for `quality` or `timestamp`");
        }
        if let Some(known) = self.points.iter().position(|point| point.tag == tag && point.attribute == attribute) {
            return Ok(Form::Point(known));
        }
        if self.points.len() == MAX_POINTS {
            return self.refuse(expr, format!("an expression names at most {MAX_POINTS} points"));
        }
        self.points.push(Point { tag, attribute, place: self.first_place(expr) });
        Ok(Form::Point(self.points.len() - 1))
    }

    fn call(&mut self, call: &CallExpr, expr: &IdedExpr, depth: u16) -> Parsed<Form> {
        if let (Some(_), None, [_, _]) = (operator(&call.func_name), &call.target, call.args.as_slice()) {
            return self.chain(expr, depth);
        }
        let part = |this: &mut Self, number: usize| this.node(&call.args[number], depth + 1);
        match (call.func_name.as_str(), call.args.len()) {
            (operators::LOGICAL_NOT, 1) => Ok(Form::Not(Box::new(part(self, 0)?))),
            (operators::NEGATE, 1) => {
                let inner = part(self, 0)?;
                Ok(match inner.form {
                    Form::Constant(Val::Number(x)) => Form::Constant(Val::Number(-x)),
                    _ => Form::Negate(Box::new(inner)),
                })
            }
            (operators::LOGICAL_AND, 2) => Ok(Form::And(Box::new([part(self, 0)?, part(self, 1)?]))),
            (operators::LOGICAL_OR, 2) => Ok(Form::Or(Box::new([part(self, 0)?, part(self, 1)?]))),
            (operators::CONDITIONAL, 3) => Ok(Form::If(Box::new([part(self, 0)?, part(self, 1)?, part(self, 2)?]))),
            (operators::IN, 2) => {
                let Expr::List(ListExpr { elements, .. }) = &call.args[1].expr else {
                    return self.refuse(&call.args[1], "behind `in` stands a list such as `[1, 2, 3]`");
                };
                let sought = part(self, 0)?;
                let list: Parsed<Vec<Node>> = elements.iter().map(|one| self.node(one, depth + 1)).collect();
                Ok(Form::Among(Box::new(sought), list?))
            }
            (operators::INDEX, 2) => {
                let index = match &call.args[1].expr {
                    Expr::Literal(LiteralValue::Int(n)) => usize::try_from(*n.inner()).ok(),
                    _ => None,
                };
                match (part(self, 0)?.form, index) {
                    (Form::Point(point), Some(index)) if self.points[point].attribute == Attribute::Raw => {
                        Ok(Form::Word(point, index))
                    }
                    _ => self.refuse(expr, "`[ ]` takes one register, by its number from 0, of the attribute `raw`"),
                }
            }
            _ => self.function(call, expr, depth),
        }
    }

    /// The operators of one level from left to right.
    fn chain(&mut self, expr: &IdedExpr, depth: u16) -> Parsed<Form> {
        let mut links = Vec::new();
        let mut at = expr;
        while let Expr::Call(CallExpr { func_name, target: None, args }) = &at.expr
            && let (Some(operator), [left, right]) = (operator(func_name), args.as_slice())
        {
            links.push((self.place(at.id), operator, right));
            at = left;
        }
        // In the order of the text, so that points are numbered as they are read.
        let first = Box::new(self.node(at, depth + 1)?);
        let link = |(place, operator, right): (usize, Operator, &IdedExpr)| {
            Ok(Link { place, operator, right: self.node(right, depth + 1)? })
        };
        let links: Parsed<Vec<Link>> = links.into_iter().rev().map(link).collect();
        Ok(Form::Chain(first, links?))
    }

    fn function(&mut self, call: &CallExpr, expr: &IdedExpr, depth: u16) -> Parsed<Form> {
        let (name, on) = match &call.target {
            None => (call.func_name.clone(), None),
            Some(target) => match &target.expr {
                Expr::Ident(library) => (format!("{library}.{}", call.func_name), None),
                _ => (call.func_name.clone(), Some(target)),
            },
        };
        if name == "tag" && on.is_none() {
            return self.tag(call, expr);
        }
        let Some(function) = Function::ALL.into_iter().find(|known| known.name() == name) else {
            let full = Function::ALL.into_iter().find(|known| known.name().strip_prefix("math.") == Some(&name));
            let hint = full.map_or(String::new(), |known| format!("; `{}` is meant, perhaps", known.name()));
            return self.refuse(expr, format!("there is no function `{name}`{hint}"));
        };
        if function.is_method() != on.is_some() {
            let sentence = if function.is_method() {
                format!("`{name}` is asked of a text: `text.{name}(\"...\")`")
            } else {
                format!("`{name}` is not asked of a value: `{name}(...)`")
            };
            return self.refuse(expr, sentence);
        }
        let mut arguments = Vec::with_capacity(call.args.len() + 1);
        for argument in on.map(Box::as_ref).into_iter().chain(&call.args) {
            arguments.push(self.node(argument, depth + 1)?);
        }
        let good = function.count().map_or(!arguments.is_empty(), |count| arguments.len() == count);
        if !good {
            let wanted = function.count().unwrap_or(1) - usize::from(on.is_some());
            return self.refuse(expr, format!("`{name}` takes {wanted} values, not {}", call.args.len()));
        }
        Ok(Form::Call(function, arguments))
    }

    /// `tag("group/name")`, `tag("group/name", "attribute")`: the names are texts, so that it is known what is looked at.
    fn tag(&mut self, call: &CallExpr, expr: &IdedExpr) -> Parsed<Form> {
        let texts: Option<Vec<&str>> = call
            .args
            .iter()
            .map(|argument| match &argument.expr {
                Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
                _ => None,
            })
            .collect();
        let (full, attribute) = match texts.as_deref() {
            Some([full]) => (*full, None),
            Some([full, attribute]) => (*full, Some(*attribute)),
            _ => {
                return self.refuse(
                    expr,
                    "`tag` takes the name as a text, and the attribute: `tag(\"oven/temperature\", \"quality\")`",
                );
            }
        };
        match TagName::parse(full) {
            Ok(tag) => self.point(tag, attribute, expr),
            Err(error) => self.refuse(&call.args[0], error.to_string()),
        }
    }
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Modulo,
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        _ => return None,
    })
}
