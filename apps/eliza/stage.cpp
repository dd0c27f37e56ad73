#include "apps/eliza/stage.hpp"

#include "apps/common/clipped.hpp"
#include "apps/eliza/views.hpp"
#include "apps/eliza/visitor.hpp"
#include "engineio/net/shard.hpp"

#include <atomic>
#include <utility>

namespace apps::eliza {

using socketio::Json;

namespace {

constexpr int error_level = 50;

socketio::RawJson reply_metadata(AgentState const& agent, AgentReply const& reply) {
    auto metadata = Json::object({{"agentName", agent.name}});
    auto actions = Json::array();
    for (auto const& action : reply.actions) {
        actions.push_back(action);
    }
    metadata.set("actions", std::move(actions));
    if (!reply.thought.empty()) {
        metadata.set("thought", reply.thought);
    }
    return socketio::RawJson::trusted(metadata.dump());
}

}  // namespace

/// One agent's turn. Pieces go out at once from any thread; the end goes back to the shard where
/// the question was asked.
class AgentTurn final : public Turn {
public:
    AgentTurn(Stage& stage, Stage::RoundPtr round, AgentState agent, std::string id)
        : stage_(stage), shard_(*engineio::net::Shard::current()), round_(std::move(round)),
          agent_(std::move(agent)), id_(std::move(id)) {}
    ~AgentTurn() override { end("The agent did not answer"); }
    AgentTurn(AgentTurn const&) = delete;
    AgentTurn& operator=(AgentTurn const&) = delete;

    void chunk(std::string text) override {
        if (text.empty() || ended_) {
            return;
        }
        partial_ += text;
        stage_.nsp_.to(channel_room(round_->channel))
            .emit("messageStreamChunk",
                  StreamChunk{id_, std::move(text), next_index_++, agent_.id, round_->channel});
    }

    void finish(AgentReply reply) override {
        if (!ended_.exchange(true)) {
            shard_.post([&stage = stage_, round = round_, agent = agent_, id = id_,
                         reply = std::move(reply)]() mutable {
                socketio::spawn(stage.conclude(std::move(round), std::move(agent), std::move(id),
                                               std::move(reply)));
            });
        }
    }

    void fail(std::string error) override { end(std::move(error)); }

private:
    void end(std::string error) {
        if (!ended_.exchange(true)) {
            shard_.post([&stage = stage_, round = round_, agent = agent_, id = id_,
                         error = std::move(error),
                         partial = partial_] { stage.fail(round, agent, id, error, partial); });
        }
    }

    Stage& stage_;
    engineio::net::Shard& shard_;
    Stage::RoundPtr round_;
    AgentState agent_;
    std::string id_;
    std::string partial_;
    std::int64_t next_index_ = 0;
    std::atomic<bool> ended_{false};
};

Stage::Stage(socketio::Namespace& nsp, Desk& desk, Journal& journal,
             std::vector<std::unique_ptr<Agent>> agents)
    : nsp_(nsp), desk_(desk), journal_(journal), agents_(std::move(agents)) {}

std::vector<AgentState> Stage::profiles() const {
    std::vector<AgentState> profiles;
    for (auto const& agent : agents_) {
        profiles.push_back({agent->id(), agent->name(), agent->bio()});
    }
    return profiles;
}

void Stage::announce(Said said, socketio::Socket* speaker) {
    auto const& message = said.message;
    auto const room = channel_room(message.channel_id);
    auto broadcast = broadcast_of(message);
    if (!said.repeated) {
        auto const everybody = nsp_.to(room);
        (speaker != nullptr ? everybody.except(speaker->id()) : everybody)
            .emit("messageBroadcast", broadcast);
    }
    if (speaker != nullptr) {
        broadcast.clientMessageId = message.client_id;
        speaker->emit("messageBroadcast", broadcast);
        speaker->emit("messageAck",
                      MessageAck{message.client_id, message.id, "received_by_server_and_processing",
                                 message.channel_id, message.channel_id});
    }
    if (!said.repeated) {
        journal_.write(30, "Message handled in channel " + message.channel_id, said.agent,
                       message.channel_id);
        begin_turns(std::move(said));
    }
}

void Stage::tell(Message const& message) {
    nsp_.to(channel_room(message.channel_id)).emit("messageBroadcast", broadcast_of(message));
}

void Stage::begin_turns(Said said) {
    auto const& message = said.message;
    std::vector<std::pair<AgentState, Agent*>> speakers;
    for (auto& state : said.audience) {
        if (auto* agent = find(state.id)) {
            speakers.emplace_back(std::move(state), agent);
        }
    }
    if (speakers.empty()) {
        complete(message.channel_id, message.server_id);
        return;
    }
    auto const round =
        std::make_shared<Round>(Round{message.channel_id, message.server_id, message.id,
                                      said.type == ChannelType::dm, speakers.size()});
    control(*round, "disable_input");
    for (auto& [state, agent] : speakers) {
        agent->answer(
            {message, said.history},
            std::make_shared<AgentTurn>(*this, round, std::move(state), desk_.fresh_id()));
    }
}

socketio::Task<void> Stage::conclude(RoundPtr round, AgentState agent, std::string id,
                                     AgentReply reply) {
    if (!reply.text.empty()) {
        Message answer;
        answer.id = id;
        answer.channel_id = round->channel;
        answer.author_id = agent.id;
        answer.author_name = agent.name;
        answer.content = common::clipped(reply.text, desk_.policy().limits.text_bytes);
        answer.source_type = "agent_response";
        answer.in_reply_to = round->question;
        answer.metadata = reply_metadata(agent, reply);
        auto keep = [answer = std::move(answer)](Eliza& rules) { return rules.answered(answer); };
        auto const kept = co_await desk_.ask(std::move(keep));
        if (!kept) {
            fail(round, agent, id, kept.error().error, reply.text);
            co_return;
        }
        if (*kept) {  // else the channel has gone
            tell(**kept);
        }
    }
    end_turn(round);
}

void Stage::fail(RoundPtr const& round, AgentState const& agent, std::string const& id,
                 std::string const& error, std::string const& partial) {
    StreamError notice{id, round->channel, agent.id, error, std::nullopt};
    if (!partial.empty()) {
        notice.partialText = partial;
    }
    nsp_.to(channel_room(round->channel)).emit("messageStreamError", notice);
    journal_.write(error_level, error, agent, round->channel);
    end_turn(round);
}

void Stage::end_turn(RoundPtr const& round) {
    if (--round->remaining == 0) {
        control(*round, "enable_input");
        complete(round->channel, round->server);
    }
}

// Only where two talk: in a group nobody's input stops for somebody else's question.
void Stage::control(Round const& round, char const* action) {
    if (round.direct) {
        nsp_.to(channel_room(round.channel))
            .emit("controlMessage", ControlMessage{action, round.channel, round.channel});
    }
}

void Stage::complete(std::string const& channel, std::string const& server) {
    nsp_.to(channel_room(channel))
        .emit("messageComplete", MessageComplete{channel, channel, server});
}

void Stage::message_deleted(std::string const& channel, std::string const& message) {
    nsp_.to(channel_room(channel)).emit("messageDeleted", MessageDeleted{message, channel});
}

void Stage::channel_cleared(std::string const& channel) {
    nsp_.to(channel_room(channel)).emit("channelCleared", ChannelNotice{channel});
}

void Stage::dismiss(std::string const& channel, std::vector<std::string> const& entities) {
    if (!desk_.policy().isolation) {
        return;
    }
    for (auto const& entity : entities) {
        nsp_.in(entity_room(entity)).sockets_leave(channel_room(channel));
    }
}

void Stage::channel_updated(Channel const& channel, Json const& updates) {
    nsp_.to(channel_room(channel.id)).emit("channelUpdated", ChannelUpdated{channel.id, updates});
}

void Stage::channel_deleted(std::string const& channel) {
    auto const room = nsp_.to(channel_room(channel));
    room.emit("channelDeleted", ChannelNotice{channel});
    room.sockets_leave(channel_room(channel));
}

Agent* Stage::find(std::string const& id) const {
    for (auto const& agent : agents_) {
        if (agent->id() == id) {
            return agent.get();
        }
    }
    return nullptr;
}

}  // namespace apps::eliza
