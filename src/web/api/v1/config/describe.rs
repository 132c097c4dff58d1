//! The description of the verbs on each kind of object, for `/openapi.json`.

use super::place::Kind;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, OpenApi, PathItem, Ref, RefOr, Required, Schema};

/// Adds the operations of a kind.
pub(super) fn add(openapi: &mut OpenApi, kind: Kind) {
    let path = format!("/config{}", kind.path);
    let what = kind.what;
    put(openapi, &path, HttpMethod::Get, read(kind, &format!("The {what}."), "The object; secrets are `***`", true));
    let replace = changes(
        kind,
        &if kind.always { format!("Replaces the {what}.") } else { format!("Replaces the {what}, or makes it.") },
        "The id is kept when it is left out, so that another `name` is a rename. `***` keeps the stored secret.",
        Some("application/json"),
    );
    put(openapi, &path, HttpMethod::Put, if kind.always { replace } else { created(replace) });
    let patch = changes(
        kind,
        &format!("Changes members of the {what} (RFC 7396)."),
        "`null` takes a member away; lists are replaced whole.",
        Some("application/merge-patch+json"),
    );
    put(openapi, &path, HttpMethod::Patch, patch);
    let sentence =
        if kind.always { format!("Puts the {what} back to its defaults.") } else { format!("Removes the {what}.") };
    put(openapi, &path, HttpMethod::Delete, changes(kind, &sentence, "", None));
    if let Some(list) = kind.list_path() {
        let path = format!("/config{list}");
        let all = format!("Every {what}.");
        put(openapi, &path, HttpMethod::Get, read(kind, &all, "The list", false));
        let post = changes(kind, &format!("Adds one {what} at the end of the list."), "", Some("application/json"));
        put(openapi, &path, HttpMethod::Post, created(post));
    }
}

fn put(openapi: &mut OpenApi, path: &str, method: HttpMethod, operation: OperationBuilder) {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let operation = names.fold(operation, |operation, name| {
        let name = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
        operation.parameter(name.schema(Some(text())))
    });
    let item = PathItem::new(method, operation);
    openapi.paths.paths.entry(path.to_owned()).or_default().merge_operations(item);
}

fn text() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

fn any(kind: Type) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(kind).into()
}

fn of_role(operation: OperationBuilder, role: &str) -> OperationBuilder {
    operation
        .tag("configuration")
        .security(SecurityRequirement::new("bearer", [role]))
        .security(SecurityRequirement::new("cookie", [role]))
}

fn tagged(description: &str, content: Content) -> ResponseBuilder {
    let tag = HeaderBuilder::new().schema(Some(text())).description(Some("The revision")).build();
    ResponseBuilder::new().description(description).header("ETag", tag).content("application/json", content)
}

fn read(kind: Kind, summary: &str, answer: &str, one: bool) -> OperationBuilder {
    let content = Content::new(Some(any(if one { Type::Object } else { Type::Array })));
    let operation =
        of_role(OperationBuilder::new(), "viewer").summary(Some(summary)).response("200", tagged(answer, content));
    let missing = ResponseBuilder::new().description("There is none of this name");
    if kind.always { operation } else { operation.response("404", missing) }
}

fn changes(kind: Kind, summary: &str, more: &str, body: Option<&str>) -> OperationBuilder {
    let view = || Content::new(Some(Ref::from_schema_name("ChangeView")));
    let expected = ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("The ETag of the configuration that was changed"))
        .schema(Some(text()));
    let dry_run = ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("`true`: check, tell what would happen, change nothing"))
        .schema(Some(any(Type::Boolean)));
    let refusals = [
        ("404", "There is no object of this name on the way"),
        ("412", "Somebody else changed the configuration meanwhile"),
        ("413", "Larger than 32 MiB"),
        ("422", "The configuration would have errors: `pointer` is within the object, `document_pointer` in the whole"),
        ("428", "If-Match is missing"),
    ];
    let mut operation = of_role(OperationBuilder::new(), "admin")
        .summary(Some(summary))
        .description(Some(more).filter(|more| !more.is_empty()))
        .parameter(expected)
        .parameter(dry_run)
        .response("200", tagged("What it did, or would do", view()));
    for (status, description) in refusals {
        let cannot = (kind.always && status == "404") || (body.is_none() && status == "413");
        if !cannot {
            operation = operation.response(status, ResponseBuilder::new().description(description));
        }
    }
    if let Some(media) = body {
        let object = Content::new(Some(any(Type::Object)));
        operation = operation.request_body(Some(
            RequestBodyBuilder::new().content(media, object).required(Some(Required::True)).build(),
        ));
    }
    operation
}

fn created(operation: OperationBuilder) -> OperationBuilder {
    let content = Content::new(Some(Ref::from_schema_name("ChangeView")));
    let location = HeaderBuilder::new().schema(Some(text())).description(Some("Where it is")).build();
    operation.response("201", tagged("It was made", content).header("Location", location))
}
