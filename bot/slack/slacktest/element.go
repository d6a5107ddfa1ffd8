package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// parseBlocks gives blocks as JSON; what is stored can be parsed.
func parseBlocks(blocks json.RawMessage) []object {
	var all []object
	_ = json.Unmarshal(blocks, &all)
	return all
}

func blockIDs(blocks json.RawMessage) []string {
	var ids []string
	for _, b := range parseBlocks(blocks) {
		ids = append(ids, b["block_id"].(string))
	}
	return ids
}

// use finds the element actionID in blocks, and gives what using it with value
// is. The caller holds mu.
func (s *Slack) use(blocks json.RawMessage, actionID, value string) (object, error) {
	var why error
	for _, b := range parseBlocks(blocks) {
		for _, e := range elements(b) {
			if e["action_id"] != actionID {
				continue
			}
			action, err := choose(e, value)
			if err != nil {
				why = err
				continue
			}
			action["action_id"], action["block_id"], action["type"] = actionID, b["block_id"], e["type"]
			action["action_ts"] = s.nextTS()
			return action, nil
		}
	}
	if why != nil {
		return nil, why
	}
	return nil, fmt.Errorf("nothing there has the action_id %q", actionID)
}

// choose is what somebody makes of an element who wants value of it.
func choose(e object, value string) (object, error) {
	kind, _ := e["type"].(string)
	switch {
	case kind == "button" || kind == "icon_button" || kind == "workflow_button":
		if own, _ := e["value"].(string); value != "" && own != value {
			return nil, fmt.Errorf("no button %q has the value %q", e["action_id"], value)
		}
		action := object{}
		for _, name := range []string{"text", "value", "style", "url"} {
			if v, ok := e[name]; ok {
				action[name] = v
			}
		}
		return action, nil
	case kind == "feedback_buttons":
		for _, name := range []string{"positive_button", "negative_button"} {
			if b, _ := e[name].(object); b != nil && (value == "" || b["value"] == value) {
				return object{"text": b["text"], "value": b["value"]}, nil
			}
		}
		return nil, fmt.Errorf("the feedback %q has no value %q", e["action_id"], value)
	case strings.HasPrefix(kind, "users_"):
		return object{"selected_user": value}, nil
	case strings.HasPrefix(kind, "conversations_"):
		return object{"selected_conversation": value}, nil
	case strings.HasPrefix(kind, "channels_"):
		return object{"selected_channel": value}, nil
	case strings.HasPrefix(kind, "multi_users"):
		return object{"selected_users": []string{value}}, nil
	case kind == "datepicker":
		return object{"selected_date": value}, nil
	case kind == "timepicker":
		return object{"selected_time": value}, nil
	case strings.HasSuffix(kind, "_input"):
		return object{"value": value}, nil
	}
	o, err := chosen(e, value)
	if err != nil {
		return nil, err
	}
	if kind == "checkboxes" || strings.HasPrefix(kind, "multi_") {
		return object{"selected_options": []object{o}}, nil
	}
	return object{"selected_option": o}, nil
}

// chosen finds an option of e, in groups as well.
func chosen(e object, value string) (object, error) {
	lists := []any{e["options"]}
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if group, ok := g.(object); ok {
			lists = append(lists, group["options"])
		}
	}
	for _, list := range lists {
		options, _ := list.([]any)
		for _, o := range options {
			if o, ok := o.(object); ok && (value == "" || o["value"] == value) {
				return o, nil
			}
		}
	}
	return nil, fmt.Errorf("%q has no option %q", e["action_id"], value)
}

// fill gives the state of the inputs in blocks with values by action_id.
func (s *Slack) fill(blocks json.RawMessage, values map[string]string) (object, error) {
	state, used := object{}, 0
	for _, b := range parseBlocks(blocks) {
		if b["type"] != "input" {
			continue
		}
		for _, e := range elements(b) {
			id := e["action_id"].(string)
			value, given := values[id]
			initial, _ := e["initial_value"].(string)
			if given {
				used++
			} else if value = initial; value == "" {
				if b["optional"] != true {
					return nil, fmt.Errorf("the input %q is not optional", id)
				}
				state[b["block_id"].(string)] = object{id: object{"type": e["type"], "value": nil}}
				continue
			}
			filled, err := choose(e, value)
			if err != nil {
				return nil, err
			}
			filled["type"] = e["type"]
			state[b["block_id"].(string)] = object{id: filled}
		}
	}
	if used < len(values) {
		return nil, fmt.Errorf("of %d values, %d have an input", len(values), used)
	}
	return state, nil
}
