//! From a publication to its subscribers, with the bounds the broker itself does not have.

use super::crossing;
use super::hub::Hub;
use async_trait::async_trait;
use bytes::Bytes;
use rmqtt::Result;
use rmqtt::context::ServerContext;
use rmqtt::session::Session;
use rmqtt::shared::{DefaultShared, Entry, RetainLoadCallback, Shared};
use rmqtt::types::{
    ForwardedCount, ForwardedRecipients, From, FromType, HealthInfo, Id, MsgID, NodeHealthStatus, NodeId, Publish,
    Reason, SessionStatus, SubRelations, SubRelationsMap, SubsSearchParams, SubsSearchResult, To, TopicFilter,
    TopicName,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What could not be delivered, to whom, and why.
type Undelivered = Vec<(To, From, Publish, Reason)>;

/// The broker's own table of sessions, with counted queues.
pub(super) struct BoundedShared {
    inner: DefaultShared,
    context: ServerContext,
    hub: Arc<Hub>,
}

impl BoundedShared {
    pub(super) fn new(context: &ServerContext, hub: &Arc<Hub>) -> Self {
        Self { inner: DefaultShared::new(Some(context.clone())), context: context.clone(), hub: hub.clone() }
    }
}

/// A copy that holds on to nothing else: payload and topic as decoded are slices of the connection's read buffer, and
/// one small message waiting would keep all of it.
pub(super) fn detached(publish: &Publish) -> Publish {
    let mut copy = publish.clone();
    copy.payload = Bytes::copy_from_slice(&publish.payload);
    copy.topic = TopicName::from(publish.topic.as_ref() as &str);
    copy
}

#[async_trait]
impl Shared for BoundedShared {
    async fn forwards(
        &self,
        _stored: Option<MsgID>,
        from: From,
        publish: Publish,
    ) -> std::result::Result<ForwardedCount, (ForwardedCount, Undelivered)> {
        // A last will was allowed at login; the rules may have changed since.
        if matches!(from.typ(), FromType::LastWill) && !self.hub.may_publish(&from.id, &publish.topic) {
            self.hub.refuse(&from.id.client_id, "may no longer publish its last will");
            return Ok(0);
        }
        if crossing::came_round(&self.hub.bridges, &from, &publish) {
            self.hub.bridges.count_returned();
            return Ok(0);
        }
        self.hub.bridges.offer(&publish.topic, crossing::came_by(&from), || crossing::crossing(&from, &publish));
        // What the broker says itself came from no client.
        if !from.is_system() {
            self.hub.counts.messages_in.fetch_add(1, Ordering::Relaxed);
        }
        let mut relations = match self.context.extends.router().await.matches(from.id.clone(), &publish.topic).await {
            Ok(relations) => relations,
            Err(err) => {
                tracing::warn!(error = %err, "a message could not be matched with subscriptions");
                return Ok(0);
            }
        };
        let Some(relations) = relations.remove(&self.context.node.id()) else { return Ok(0) };
        let detached = detached(&publish);
        let mut reached = 0;
        let mut undelivered = Undelivered::new();
        for relation in relations {
            let mut copy = detached.clone();
            let Some(counted) = self.hub.gauge.of(&relation.1).admit(&copy.topic, &copy.payload) else {
                self.hub.counts.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            copy.payload = counted;
            match self.inner.forwards_to(from.clone(), &copy, vec![relation], None).await {
                Ok(recipients) => reached += recipients.len(),
                Err((recipients, failed)) => {
                    reached += recipients.len();
                    undelivered.extend(failed);
                }
            }
        }
        if undelivered.is_empty() { Ok(reached) } else { Err((reached, undelivered)) }
    }

    fn entry(&self, id: Id) -> Box<dyn Entry> {
        self.inner.entry(id)
    }

    fn exist(&self, client_id: &str) -> bool {
        self.inner.exist(client_id)
    }

    async fn forwards_and_get_shareds(
        &self,
        from: From,
        publish: Publish,
    ) -> std::result::Result<(SubRelationsMap, ForwardedRecipients), (ForwardedRecipients, Undelivered)> {
        self.inner.forwards_and_get_shareds(from, publish).await
    }

    async fn forwards_to(
        &self,
        from: From,
        publish: &Publish,
        relations: SubRelations,
        stored: Option<MsgID>,
    ) -> std::result::Result<ForwardedRecipients, (ForwardedRecipients, Undelivered)> {
        self.inner.forwards_to(from, publish, relations, stored).await
    }

    fn iter(&self) -> Box<dyn Iterator<Item = Box<dyn Entry>> + Sync + Send + '_> {
        self.inner.iter()
    }

    fn random_session(&self) -> Option<Session> {
        self.inner.random_session()
    }

    async fn session_status(&self, client_id: &str) -> Option<SessionStatus> {
        self.inner.session_status(client_id).await
    }

    async fn client_states_count(&self) -> usize {
        self.inner.client_states_count().await
    }

    fn sessions_count(&self) -> usize {
        self.inner.sessions_count()
    }

    async fn query_subscriptions(&self, query: &SubsSearchParams) -> Vec<SubsSearchResult> {
        self.inner.query_subscriptions(query).await
    }

    async fn subscriptions_count(&self) -> usize {
        self.inner.subscriptions_count().await
    }

    fn node_name(&self, id: NodeId) -> String {
        self.inner.node_name(id)
    }

    async fn check_health(&self) -> Result<HealthInfo> {
        self.inner.check_health().await
    }

    async fn health_status(&self) -> Result<NodeHealthStatus> {
        self.inner.health_status().await
    }

    async fn retain_load_with(
        &self,
        filter: &TopicFilter,
        callback: Arc<dyn RetainLoadCallback>,
    ) -> Result<Vec<(NodeId, MsgID)>> {
        self.inner.retain_load_with(filter, callback).await
    }
}
