// Broadcasts that are answered: gathering over the shards of this server and, with an adapter, over
// the other servers.

#include "engineio/limits.hpp"
#include "engineio/net/result.hpp"
#include "socketio/client.hpp"
#include "socketio/core.hpp"
#include "socketio/limits.hpp"
#include "socketio/namespace.hpp"
#include "socketio/namespace_recipients.hpp"
#include "socketio/namespace_shard.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace socketio {

namespace {

std::chrono::milliseconds with_grace(std::chrono::milliseconds limit) {
    constexpr auto grace = engineio::limits::cluster_grace;
    return std::min(limit, std::chrono::milliseconds::max() - grace) + grace;
}

// How many clients another server has asked, as it says.
std::size_t asked_in(Json const& reply) {
    auto const number = reply["asked"].integer().value_or(0);
    return std::in_range<std::uint32_t>(number) ? static_cast<std::size_t>(number) : 0;
}

// The array of them in another server's reply, or null.
Json* find_answers(Json& reply) {
    auto* const members = reply.object_members();
    Json* const answers = members ? members->find("answers") : nullptr;
    return answers && answers->is_array() ? answers : nullptr;
}

// The answers to one broadcast with acknowledgement; lives on the asking shard, other shards post
// to it.
struct AckGather {
    engineio::net::Shard& origin;
    std::shared_ptr<detail::AnswerSink> sink;
    detail::AnswerBudget budget;
    unsigned pending;  // shards, and the cluster if there is one
    std::size_t asked = 0;
    std::size_t settled = 0;
    engineio::net::OneShot timer;

    AckGather(Core& core, engineio::net::Shard& shard, std::shared_ptr<detail::AnswerSink> answers,
              unsigned parts)
        : origin(shard), sink(std::move(answers)),
          budget(shard, answer_bytes(core.options()), core.answer_bytes(shard.index())),
          pending(parts) {}

    // Late ones find nobody.
    void take(Json reply) {
        if (sink) {
            sink->take(std::move(reply), &budget);
        }
    }
    void answer(Result<Args, AckError> reply) {
        ++settled;
        if (reply) {
            take(reply->empty() ? Json() : std::move(reply->front()));
        }
        finish_if_complete();
    }
    void shard_has_asked(std::size_t count) {
        asked += count;
        --pending;
        finish_if_complete();
    }
    // Servers that did not answer count as one missing client each.
    void add_cluster(ClusterReplies replies) {
        asked += replies.missing;
        settled += replies.missing;
        for (Json& reply : replies.replies) {
            auto count = asked_in(reply);
            if (Json* const answers = find_answers(reply)) {
                count = std::max(count, answers->size());  // it may have been told wrong
                for (Json& one : *answers->array_items()) {
                    take(std::move(one));
                }
            }
            reply = Json();
            settled += count;
            asked += count;
        }
        --pending;
        finish_if_complete();
    }
    void finish_if_complete() {
        if (pending == 0 && settled == asked) {
            finish();
        }
    }
    void finish() {
        timer.cancel();
        budget.release();
        if (auto const whole = std::exchange(sink, nullptr)) {
            whole->finish(asked);
        }
    }
};

template <class F>
void on_origin(std::shared_ptr<AckGather> const& gather, engineio::net::Shard& shard, F&& action) {
    if (&shard == &gather->origin) {
        return action(*gather);
    }
    gather->origin.post([gather, action = std::forward<F>(action)]() mutable { action(*gather); });
}

// The sum of all shards and servers: how long to wait, whom for.
std::shared_ptr<AckGather> make_gather(Core& core, bool clustered, std::chrono::milliseconds limit,
                                       std::shared_ptr<detail::AnswerSink> sink) {
    auto* const origin = engineio::net::Shard::current();
    SIO_ASSERT(origin != nullptr);
    auto const gather =
        std::make_shared<AckGather>(core, *origin, std::move(sink), core.shard_count() + clustered);
    // Ends the wait; the sockets' own timeouts, armed later, only free their entries. The partial
    // sums of other servers leave them at the limit and need a moment.
    auto const patience = clustered ? with_grace(limit) : limit;
    gather->timer = origin->timers().after(patience, [keep = std::weak_ptr(gather)] {
        if (auto const alive = keep.lock()) {
            alive->finish();
        }
    });
    return gather;
}

void ask_cluster(Core& core, ClusterRequest request, std::chrono::milliseconds limit,
                 std::shared_ptr<AckGather> const& gather) {
    core.adapter()->ask(std::move(request), with_grace(limit),
                        [gather, gate = core.answers()](ClusterReplies replies) {
                            gate->post(gather->origin,
                                       [gather, replies = std::move(replies)]() mutable {
                                           gather->add_cluster(std::move(replies));
                                       });
                        });
}

}  // namespace

// One broadcast with acknowledgement on its way over the shards.
struct Namespace::BroadcastWithAck {
    NamespacePtr nsp;
    Selection selection;
    EmitFlags flags;
    std::uint64_t id;
    std::shared_ptr<EncodedPacket const> packet;
    std::chrono::milliseconds limit;
    std::shared_ptr<AckGather> gather;
    std::shared_ptr<Args const> args;  // null unless somebody listens to outgoing events
    std::string name;

    void operator()(engineio::net::Shard& shard) const {
        auto& part = nsp->shard(shard.index());
        if (part.delivering) {  // within a hook: later, so that everybody hears them in one order
            return shard.defer([later = *this, &shard] { later(shard); });
        }
        auto const messages = to_messages(*packet);
        Event const told{name, args ? *args : std::span<Json const>(), true};
        std::size_t count = 0;
        nsp->each_recipient(part, selection, args ? &told : nullptr, [&](Socket& socket) {
            ++count;
            if (!socket.client_->may_await_ack()) {
                return on_origin(gather, shard, [](AckGather& g) { g.answer(AckError::too_many); });
            }
            socket.expect_ack(id, &limit, [gather = gather, &shard](Result<Args, AckError> reply) {
                on_origin(gather, shard, [reply = std::move(reply)](AckGather& g) mutable {
                    g.answer(std::move(reply));
                });
            });
            socket.deliver(messages, flags);
        });
        on_origin(gather, shard, [count](AckGather& g) { g.shard_has_asked(count); });
    }
};

void Namespace::broadcast_with_ack(Selection const& selection, EmitFlags const& flags,
                                   EventRef const& event,
                                   std::shared_ptr<detail::AnswerSink> sink) {
    check_event_name(event.name);
    auto const id = next_ack_id();
    auto const packet = std::make_shared<EncodedPacket const>(encode(event, id, {}));
    auto const limit = flags.timeout.value_or(engineio::limits::broadcast_ack_timeout);
    bool const clustered = core_.adapter() && !flags.local;
    std::shared_ptr<Args const> args;
    if (clustered || hears_outgoing()) {
        args = std::make_shared<Args const>(to_args(event));
    }
    auto const gather = make_gather(core_, clustered, limit, std::move(sink));
    if (clustered) {
        ask_cluster(core_,
                    {.kind = ClusterRequest::Kind::broadcast_with_ack,
                     .nsp = name_,
                     .selection = selection,
                     .flags = flags,
                     .event = std::string(event.name),
                     .args = *args},
                    limit, gather);
    }
    core_.on_shards([](unsigned) { return true; },
                    BroadcastWithAck{this, selection, flags, id, packet, limit, gather, args,
                                     std::string(event.name)},
                    packet->bytes());
}

}  // namespace socketio
