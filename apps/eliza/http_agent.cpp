#include "apps/eliza/http_agent.hpp"

#include "engineio/net/text.hpp"
#include "socketio/describe.hpp"
#include "socketio/json_codec.hpp"

#include <optional>
#include <utility>

namespace apps::eliza {

namespace net = engineio::net;
using common::HttpEnd;
using socketio::Json;

namespace {

struct EndpointReply {
    std::string text;
    std::optional<std::string> thought;
    std::optional<std::vector<std::string>> actions;
    SIO_JSON(EndpointReply, text, thought, actions)
};

Json question_of(Agent const& agent, Prompt const& prompt) {
    auto history = Json::array();
    for (auto const& message : prompt.history) {
        history.push_back(Json::object({{"senderId", message.author_id},
                                        {"senderName", message.author_name},
                                        {"text", message.content},
                                        {"createdAt", message.created_at}}));
    }
    auto const& message = prompt.message;
    return Json::object({{"agentId", agent.id()},
                         {"agentName", agent.name()},
                         {"channelId", message.channel_id},
                         {"messageServerId", message.server_id},
                         {"messageId", message.id},
                         {"senderId", message.author_id},
                         {"senderName", message.author_name},
                         {"text", message.content},
                         {"history", std::move(history)}});
}

// How much of the text does not end within a character.
std::size_t whole_characters(std::string_view text) {
    constexpr std::size_t longest = 4;
    for (std::size_t back = 1; back <= longest && back <= text.size(); ++back) {
        auto const byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xC0U) == 0x80U) {
            continue;  // within a character: its first byte says how long it is
        }
        std::size_t const length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
        return back < length ? text.size() - back : text.size();
    }
    return text.size();
}

char const* words_for(HttpEnd end) {
    switch (end) {
    case HttpEnd::timeout:
        return "The agent did not answer in time";
    case HttpEnd::too_large:
        return "The agent's answer is too long";
    case HttpEnd::invalid:
        return "The agent's answer could not be read";
    case HttpEnd::busy:
        return "The agent has too much to do";
    default:
        return "The agent cannot be reached";
    }
}

}  // namespace

HttpAgent::HttpAgent(common::HttpClient& client, HttpAgentOptions options)
    : client_(client), options_(std::move(options)), id_("e11a0000-1966-4d0c-8000-000000000002"),
      bio_("Speaks through an endpoint of the operator.") {}

void HttpAgent::answer(Prompt prompt, std::shared_ptr<Turn> turn) {
    common::HttpCall call;
    call.target = options_.target;
    call.headers = {{"Content-Type", "application/json"},
                    {"Accept", "application/json, text/plain"}};
    if (!options_.key.empty()) {
        call.headers.push_back({"Authorization", "Bearer " + options_.key});
    }
    call.body = question_of(*this, prompt).dump();
    call.timeout = options_.timeout;
    client_.post(std::move(call), std::make_unique<HttpAnswer>(std::move(turn)));
}

void HttpAnswer::on_head(int status, std::string_view content_type) {
    constexpr int ok = 200;
    status_ = status;
    streamed_ = status == ok && content_type.starts_with("text/plain");
}

void HttpAnswer::on_body(std::string_view piece) {
    body_ += piece;
    if (!streamed_) {
        return;
    }
    auto const fresh = std::string_view(body_).substr(told_);
    auto const whole = whole_characters(fresh);
    turn_->chunk(net::replace_invalid_utf8(fresh.substr(0, whole)));
    told_ += whole;
}

void HttpAnswer::on_end(HttpEnd end) {
    constexpr int ok = 200;
    if (end != HttpEnd::complete) {
        turn_->fail(words_for(end));
    } else if (status_ != ok) {
        turn_->fail("The agent answered with status " + std::to_string(status_));
    } else {
        finish();
    }
}

void HttpAnswer::finish() {
    if (streamed_) {
        turn_->finish({net::replace_invalid_utf8(body_)});
        return;
    }
    EndpointReply read;
    auto const json = net::is_valid_utf8(body_) ? Json::parse(body_) : std::nullopt;
    if (!json || !socketio::read_value(*json, read)) {
        turn_->fail(words_for(HttpEnd::invalid));
        return;
    }
    AgentReply reply{std::move(read.text), std::move(read.thought).value_or("")};
    if (read.actions) {
        reply.actions = *std::move(read.actions);
    }
    turn_->finish(std::move(reply));
}

}  // namespace apps::eliza
