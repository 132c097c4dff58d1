//! What an expression gives now, while it is being written.

use crate::config::computed::ComputedConfig;
use crate::expr::{Expression, ExpressionError, Kind, Point};
use crate::platform::clock;
use crate::runtime::image::{Reader, TagView};
use crate::tag::def::TagDef;
use crate::tag::reading::rfc3339;
use crate::tag::value::ValueType;
use crate::web::guards::Viewer;
use crate::web::i18n;
use crate::web::input::{JsonBody, beside};
use crate::web::problem::ApiProblem;
use crate::web::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(expression))
}

/// An expression as it is being written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExpressionForm {
    /// At most 2,000 characters.
    expression: String,
}

/// What it gives on the present values.
#[derive(Debug, Default, Serialize, ToSchema)]
struct ExpressionView {
    /// The value; null when there is none.
    value: JsonValue,
    /// The type a computed tag of it has: `bool`, `f64`, `string`; null when that is not known before it is worked out.
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    /// `good`, `uncertain`, `bad`; null when it cannot be worked out at all.
    quality: Option<&'static str>,
    /// Why the quality is what it is.
    reason: Option<String>,
    /// The newest time of its points.
    timestamp: Option<String>,
    /// The points it names.
    points: Vec<PointView>,
    /// What is wrong with it, or kept it from being worked out now.
    error: Option<ErrorView>,
}

/// A point the expression names.
#[derive(Debug, Serialize, ToSchema)]
struct PointView {
    tag: String,
    attribute: &'static str,
    value: JsonValue,
    /// Null when there is no such tag.
    quality: Option<&'static str>,
}

/// A sentence and its place.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorView {
    /// The character it is about, from 1.
    place: usize,
    #[serde(serialize_with = "i18n::sentence")]
    sentence: String,
}

impl From<ExpressionError> for ErrorView {
    fn from(error: ExpressionError) -> Self {
        Self { place: error.place, sentence: error.sentence }
    }
}

/// What an expression gives on the present values: value, quality and the points it names, or the first error with its
/// place.
#[utoipa::path(
    post, path = "/expressions", tag = "points", request_body = ExpressionForm,
    responses((status = 200, body = ExpressionView)),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn expression(
    _: Viewer,
    State(state): State<WebState>,
    JsonBody(form): JsonBody<ExpressionForm>,
) -> Result<Json<ExpressionView>, ApiProblem> {
    // A long one takes milliseconds to parse, which other requests need not wait for.
    beside(move || view(&form.expression, state.reader())).await.map(Json)
}

fn view(text: &str, reader: &Reader) -> ExpressionView {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return ExpressionView { error: Some(error.into()), ..ExpressionView::default() },
    };
    let views: Vec<Option<TagView>> = expression.points().iter().map(|point| reader.get(&point.tag)).collect();
    let points = expression.points().iter().zip(&views).map(|(point, view)| point_view(point, view.as_ref())).collect();
    let missing = expression.points().iter().zip(&views).find_map(|(point, view)| {
        missing(point, view.as_ref().map(|view| &*view.def)).map(|sentence| ErrorView { place: point.place, sentence })
    });
    let kind = expression.kind(|point| {
        let at = expression.points().iter().position(|known| known == point);
        let def = at.and_then(|at| views[at].as_ref()).map(|view| &view.def);
        def.map_or(Kind::Any, |def| Kind::of_attribute(def, point.attribute))
    });
    let broken = missing.or_else(|| kind.as_ref().err().cloned().map(ErrorView::from));
    if broken.is_some() {
        return ExpressionView { points, error: broken, ..ExpressionView::default() };
    }
    let outcome = expression.evaluate(|point| views[point].as_ref().map(|view| (&*view.def, &view.state)));
    let (quality, at) = (outcome.quality().as_str(), outcome.at.map(|at| rfc3339(at.unix_ms)));
    let reason = match (&outcome.value, outcome.doubt) {
        (Err(trouble), _) => Some(trouble.reason.to_string()),
        (Ok(_), Some(doubt)) => Some(doubt.to_string()),
        (Ok(_), None) => None,
    };
    let (value, error) = match outcome.value {
        Ok(value) => (value.to_json(), None),
        Err(trouble) => (JsonValue::Null, Some(ErrorView { place: trouble.place, sentence: trouble.sentence })),
    };
    let kind = kind.ok().and_then(ComputedConfig::type_of).map(ValueType::as_str);
    ExpressionView { value, kind, quality: Some(quality), reason, timestamp: at, points, error }
}

fn missing(point: &Point, def: Option<&TagDef>) -> Option<String> {
    match def {
        None => Some(format!("there is no tag `{}`", point.tag)),
        Some(def) if !def.has(point.attribute) => {
            Some(format!("`{}` has no attribute `{}`", point.tag, point.attribute))
        }
        Some(_) => None,
    }
}

fn point_view(point: &Point, view: Option<&TagView>) -> PointView {
    let value = view.map(|view| view.def.attribute_json(point.attribute, &view.state, clock::now()));
    PointView {
        tag: point.tag.to_string(),
        attribute: point.attribute.as_str(),
        value: value.unwrap_or_default(),
        quality: view.map(|view| view.state.quality.as_str()),
    }
}
